"""Virtual time for any Linux program, at the kernel's boundary: the supervisor, a small program in C, and its build.

``source`` holds it, README.md beside this file tells how it works. May import nothing of the other rooms.
"""

"""Documents of other people, from a folder of the reader's: how many are served, and how many are answered alike."""

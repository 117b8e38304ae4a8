import sys
import time
import urllib.request

failed = 0
for _ in range(int(sys.argv[2])):
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=1) as answer:
            answer.read()
    except OSError as error:
        failed += 1
        print(error, file=sys.stderr)
    time.sleep(60)
print(failed)

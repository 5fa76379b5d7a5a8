"""Ten pictures by OpenCV, as programs that look for things in them take them."""
import sys

import cv2

capture = cv2.VideoCapture(sys.argv[1])
sizes = set()
for _ in range(10):
    ok, picture = capture.read()
    if not ok:
        sys.exit("no picture")
    sizes.add(picture.shape)
print(sizes)

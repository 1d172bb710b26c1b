#!/usr/bin/env python3
"""Makes the pictures and the expected results of image_test.go with Pillow.

Needs Pillow. Sizes and offsets of the *-crop* results follow torchvision's Resize and
CenterCrop (transforms/functional.py), written out here. Usage: vectors.py, in this folder.
"""
import math

from PIL import Image


def source(w, h, mode, seed):
    """Noise on top of smooth waves: both average and detail show in the result."""
    data, x = bytearray(), seed
    for i in range(h):
        for j in range(w):
            for c in range(len(mode)):
                x = (x * 1103515245 + 12345) & 0x7FFFFFFF
                wave = 128 + 60 * math.sin(0.21 * j + c) + 50 * math.cos(0.13 * i * (c + 1))
                data.append(max(0, min(255, round(wave) + (x >> 24) - 64)))
    return Image.frombytes(mode, (w, h), bytes(data))


def shorter(img, n, w, h):
    short, long = min(img.size), max(img.size)
    longer = int(n * long / short)
    img = img.resize((n, longer) if img.width <= img.height else (longer, n), Image.BILINEAR)
    top, left = int(round((img.height - h) / 2.0)), int(round((img.width - w) / 2.0))
    return img.crop((left, top, left + w, top + h))


def main():
    rgb, grey = source(61, 47, "RGB", 1), source(45, 70, "L", 2)
    wide, dot = source(1500, 3, "L", 3), source(1, 1, "RGB", 4)
    rgb.save("rgb.png")
    grey.save("grey.png")
    wide.save("wide.png")
    dot.save("dot.png")
    for w, h in (10, 7), (61, 20), (30, 47), (97, 80), (1, 1):
        rgb.resize((w, h), Image.BILINEAR).save(f"rgb-stretch-{w}x{h}.png")
    for w, h in (12, 12), (45, 200):
        grey.resize((w, h), Image.BILINEAR).save(f"grey-stretch-{w}x{h}.png")
    for w, h in (7, 2), (1, 5):
        wide.resize((w, h), Image.BILINEAR).save(f"wide-stretch-{w}x{h}.png")
    dot.resize((4, 3), Image.BILINEAR).save("dot-stretch-4x3.png")
    rgb.convert("L").save("rgb-luma-61x47.png")
    for n, w, h in (32, 28, 28), (32, 29, 32), (33, 24, 31), (60, 47, 60), (47, 32, 32):
        shorter(rgb, n, w, h).save(f"rgb-crop{n}-{w}x{h}.png")
    for n, w, h in (20, 20, 20), (19, 16, 17), (90, 64, 64):
        shorter(grey, n, w, h).save(f"grey-crop{n}-{w}x{h}.png")


main()

"""Writes the JPEG and WebP files beside it: needs Pillow. A picture of 16x8, its left half blue, its right half red."""
from pathlib import Path

from PIL import Image

here = Path(__file__).parent
image = Image.new("RGB", (16, 8), (200, 30, 40))
image.paste((20, 60, 220), (0, 0, 8, 8))
image.save(here / "halves.jpg", quality=95, subsampling=0)
image.convert("CMYK").save(here / "halves_cmyk.jpg", quality=95)
image.convert("L").save(here / "grey.jpg", quality=95)
exif = Image.Exif()
exif[0x112] = 6  # the camera was turned: the viewer is to turn the picture a quarter clockwise
image.rotate(90, expand=True).save(here / "halves_turned.jpg", exif=exif, quality=95, subsampling=0)
image.save(here / "halves.webp", lossless=True)
green = Image.new("RGB", (16, 8), (0, 255, 0))
image.save(here / "animated.webp", save_all=True, append_images=[green], duration=100, lossless=True)
clear = image.convert("RGBA")
clear.putalpha(0)
clear.save(here / "clear.webp", lossless=True)

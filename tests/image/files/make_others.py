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

# Parameters as A1111 has piexif write them, stable-diffusion.cpp as a comment or as XMP, ComfyUI in a field for the camera.
text = "ein Käfer\nSteps: 20"
exif = Image.Exif()
exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode("utf-16-be")
image.save(here / "a1111.jpg", exif=exif)
image.save(here / "a1111.webp", exif=exif, lossless=True)
image.save(here / "sdcpp.jpg", comment=b"parameters\0" + text.encode() + b"\0")
xmp = f"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:sdcpp="https://github.com/leejet/stable-diffusion.cpp/ns/1.0/">
<sdcpp:parameters>{text}</sdcpp:parameters></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
image.save(here / "sdcpp.webp", xmp=xmp.encode(), lossless=True)
exif = Image.Exif()
exif[0x0110] = 'prompt:{"1": {}}'
image.save(here / "comfyui.webp", exif=exif, lossless=True)
graph = """{"1": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 3, "cfg": 4, "sampler_name": "euler",
"scheduler": "normal", "denoise": 1, "model": ["2", 0], "positive": ["3", 0], "negative": ["4", 0],
"latent_image": ["5", 0]}}, "2": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name":
"dreamlike.safetensors"}}, "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a boat", "clip": ["2", 1]}},
"4": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["2", 1]}},
"5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64}}}"""
exif[0x0110] = "prompt:" + graph
image.save(here / "graph.webp", exif=exif, lossless=True)

"""Drives a server with clients of other programs: clients.py URL [PATTERN]. tests/clients/run starts one."""

import base64
import io
import re
import sys
import threading
import time
import traceback
from urllib.parse import urlsplit

import openai
import requests
import webuiapi
from PIL import Image, ImageDraw

URL = sys.argv[1]
PATTERN = sys.argv[2] if len(sys.argv) > 2 else "."
a1111 = webuiapi.WebUIApi(host=urlsplit(URL).hostname, port=urlsplit(URL).port, sampler="Euler a", steps=2)
open_ai = openai.OpenAI(base_url=URL + "/v1", api_key="none", max_retries=0)

SMALL = {"prompt": "a red apple", "width": 64, "height": 64, "seed": 7}


def picture_of(text):
    return Image.open(io.BytesIO(base64.b64decode(text)))


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def half_mask(mode, left, right):
    mask = Image.new(mode, (64, 64), left)
    ImageDraw.Draw(mask).rectangle((32, 0, 63, 63), fill=right)
    return mask


def left_third(image):
    return image.convert("RGB").crop((0, 0, 21, 64)).tobytes()


def webuiapi_draws_what_it_asks_for():
    result = a1111.txt2img(**SMALL, batch_size=2, negative_prompt="blurry", sampler_name="DPM++ 2M Karras")
    assert [image.size for image in result.images] == [(64, 64)] * 2
    assert result.info["all_seeds"] == [7, 8]
    assert result.info["sampler_name"] == "DPM++ 2M"
    assert "Schedule type: Karras" in result.info["infotexts"][0]
    assert result.images[0].info["parameters"] == result.info["infotexts"][0]


def webuiapi_draws_again_what_it_has():
    first = a1111.txt2img(**SMALL).image
    second = a1111.img2img(images=[first], **SMALL, denoising_strength=0.5)
    assert second.image.size == (64, 64)
    assert second.image.tobytes() != first.tobytes()
    mask = half_mask("L", 0, 255)
    third = a1111.img2img(images=[first], mask_image=mask, **SMALL, inpaint_full_res=False, inpainting_fill=1)
    assert left_third(third.image) == left_third(first)


def webuiapi_makes_it_larger():
    image = a1111.txt2img(**SMALL, enable_hr=True, hr_scale=2).image
    assert image.size == (128, 128)
    assert a1111.extra_single_image(image, upscaler_1="Lanczos", upscaling_resize=2).image.size == (256, 256)
    assert len(a1111.extra_batch_images([image, image], upscaler_1="Lanczos").images) == 2


def webuiapi_reads_what_made_a_picture():
    result = a1111.txt2img(**SMALL)
    assert a1111.png_info(result.image).info == result.info["infotexts"][0]


def webuiapi_lists_and_sets():
    for get in ("get_cmd_flags", "get_samplers", "get_schedulers", "get_sd_vae", "get_upscalers", "get_loras",
                "get_latent_upscale_modes", "get_sd_models", "get_hypernetworks", "get_face_restorers",
                "get_realesrgan_models", "get_prompt_styles", "get_scripts", "get_embeddings", "get_memory",
                "refresh_checkpoints", "skip", "interrupt"):
        getattr(a1111, get)()
    a1111.util_set_model("starter-pixel")
    assert a1111.util_get_current_model().startswith("starter-pixel.")
    assert a1111.txt2img(**SMALL).info["sd_model_name"] == "starter-pixel"
    a1111.set_options(a1111.get_options() | {"sd_model_checkpoint": "starter"})
    assert a1111.txt2img(**SMALL).info["sd_model_name"] == "starter"
    a1111.util_wait_for_ready(check_interval=0.1)


def webuiapi_follows_and_interrupts():
    answers = []
    client = threading.Thread(target=lambda: answers.append(a1111.txt2img(**SMALL, steps=9000)))
    client.start()
    for _ in range(500):
        progress = webuiapi.WebUIApi(baseurl=a1111.baseurl).get_progress()
        if progress["current_image"] and progress["state"]["sampling_step"]:
            break
        time.sleep(0.02)
    assert picture_of(progress["current_image"]).width > 0
    webuiapi.WebUIApi(baseurl=a1111.baseurl).interrupt()
    client.join(30)
    assert answers and answers[0].images == []


def openai_lists_models():
    assert "starter" in [model.id for model in open_ai.models.list()]
    assert open_ai.models.retrieve("starter").owned_by == "pixelforge"


def openai_draws_what_it_asks_for():
    result = open_ai.images.generate(model="gpt-image-1", prompt="an apple", n=2, size="64x64", output_format="jpeg",
                                     output_compression=80, background="opaque", moderation="low", user="me")
    assert [picture_of(one.b64_json).format for one in result.data] == ["JPEG"] * 2
    assert result.size == "64x64"
    result = open_ai.images.generate(model="dall-e-3", prompt="an apple", size="64x64", quality="hd", style="vivid")
    assert Image.open(io.BytesIO(requests.get(result.data[0].url).content)).size == (64, 64)


def openai_streams():
    events = list(open_ai.images.generate(prompt="an apple", size="128x128", n=2, stream=True, partial_images=2))
    assert [event.type for event in events].count("image_generation.completed") == 2
    assert events[-1].type == "image_generation.completed"
    for event in events:
        assert picture_of(event.b64_json).format == "PNG"
    edits = open_ai.images.edit(image=("a.png", png(half_mask("RGB", "red", "blue"))), prompt="x", stream=True)
    assert [event.type for event in edits] == ["image_edit.completed"]


def openai_edits_what_is_transparent():
    image = half_mask("RGB", "red", "blue")
    mask = half_mask("RGBA", (0, 0, 0, 255), (0, 0, 0, 0))
    result = open_ai.images.edit(image=[("a.png", png(image)), ("b.png", png(image))], mask=("m.png", png(mask)),
                                 prompt="an apple", size="64x64", response_format="b64_json", input_fidelity="high")
    drawn = picture_of(result.data[0].b64_json)
    assert left_third(drawn) == left_third(image)
    assert drawn.convert("RGB").tobytes() != image.tobytes()


def openai_raises_its_own_errors():
    for error, more in ((openai.NotFoundError, {"model": "none"}), (openai.BadRequestError, {"size": "large"})):
        try:
            open_ai.images.generate(**{"prompt": "an apple", "size": "64x64"} | more)
        except error as raised:
            assert raised.body["param"] == next(iter(more))
        else:
            raise AssertionError(f"{more}: drawn")


def main():
    tests = [test for name, test in globals().items() if re.match("(webuiapi|openai)_", name) and callable(test)]
    failed = 0
    for test in tests:
        if not re.search(PATTERN, test.__name__):
            continue
        try:
            test()
            print("ok    ", test.__name__)
        except Exception:
            failed += 1
            print("FAILED", test.__name__)
            traceback.print_exc()
    sys.exit(1 if failed else 0)


main()

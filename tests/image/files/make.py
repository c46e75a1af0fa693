#!/usr/bin/env python3
"""Writes the PNG files of this folder without any PNG library: python3 make.py

Each is a picture of 3x2 pixels whose colours stand below; decode_png's tests say what must come out.
"""
import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).parent
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(name, colour, depth, rows, before=b"", interlace=0, after=b"", size=(3, 2)):
    raw = b"".join(b"\0" + bytes(row) for row in rows)  # filter 0 for every row
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace)
    HERE.joinpath(name).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(raw, 9)) + after
        + chunk(b"IEND", b""))


A, B, C = (255, 0, 0), (0, 255, 0), (0, 0, 255)
D, E, F = (10, 20, 30), (128, 128, 128), (255, 255, 255)
ROWS = [A + B + C, D + E + F]

png("rgb8.png", RGB, 8, ROWS)
png("rgb16.png", RGB, 16, [sum(((v, v) for v in row), ()) for row in ROWS])
png("palette4.png", PALETTE, 4, [(0x01, 0x20), (0x34, 0x50)], chunk(b"PLTE", bytes(A + B + C + D + E + F)))
png("palette8_transparent.png", PALETTE, 8, [(0, 1, 2), (3, 4, 5)],
    chunk(b"PLTE", bytes(A + B + C + D + E + F)) + chunk(b"tRNS", bytes([255, 0, 128])))
png("grey1.png", GREY, 1, [(0b10100000,), (0b01000000,)])
png("grey8.png", GREY, 8, [(0, 1, 2), (128, 254, 255)])
png("grey_alpha8.png", GREY_ALPHA, 8, [(0, 255, 0, 0, 0, 128), (100, 255, 100, 0, 100, 129)])
png("rgba8.png", RGBA, 8, [A + (255,) + A + (0,) + A + (128,), D + (255,) + D + (0,) + D + (51,)])
# Adam7 for 3x2: pass 1 holds (0,0); pass 4 (2,0); pass 6 (1,0); pass 7 the second row; the others are empty.
png("interlaced.png", RGB, 8, [A, C, B, D + E + F], interlace=1)

TEXTS = (chunk(b"tEXt", b"parameters\0" + "café\nSteps: 20, Sampler: Euler, CFG scale: 7".encode("latin-1"))
         + chunk(b"tEXt", b"sd.cpp\0" + "猫".encode())
         + chunk(b"zTXt", b"packed\0\0" + zlib.compress(b"a" * 1000))
         + chunk(b"iTXt", b"plain\0\0\0en\0\0" + "猫".encode())
         + chunk(b"iTXt", b"squeezed\0\1\0\0\0" + zlib.compress("猫猫".encode())))
png("texts.png", RGB, 8, ROWS, before=TEXTS, after=chunk(b"tEXt", b"late\0after the pixels"))

png("huge.png", GREY, 8, [], size=(100000, 100000))
# 40 MB of zeros, without the end of its zlib stream: who unpacks all of it before looking at the size says "damaged".
png("bomb.png", RGB, 8, ROWS, before=chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(40_000_000), 9)[:-8]))

"""Writes clip_merges.bin from OpenAI's bpe_simple_vocab_16e6.txt.gz:  make_clip_merges.py VOCAB.txt.gz clip_merges.bin

A merge joins two tokens into a third, and every token but the first 512 is made by exactly one merge: so the vocabulary is
the list of pairs (left id, right id), the token made by merge k having id 512 + k. The file is that list: 48,894 pairs of
little-endian u16, in order of priority. As numbers it is smaller than the gzipped text and needs no parsing.
"""
import gzip
import struct
import sys

source, target = sys.argv[1:]
# Byte symbols in the published order: those that print, then the rest, which the file writes as U+0100, U+0101, ...
printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
symbols = [chr(b) for b in printable] + [chr(256 + i) for i in range(256 - len(printable))]
ids = {s: i for i, s in enumerate(symbols + [s + "</w>" for s in symbols])}

lines = gzip.open(source).read().decode().split("\n")[1:49152 - 256 - 2 + 1]  # the rest of the file was never trained on
with open(target, "wb") as out:
    for line in lines:
        left, right = line.split()
        out.write(struct.pack("<HH", ids[left], ids[right]))
        ids[left + right] = len(ids)
assert len(ids) == 49406

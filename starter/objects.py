"""The things in the pictures. Each is drawn in a square from -1 to 1, y down, in the colour it is asked for."""

import math

import cairo

COLORS = {
    "red": (0.86, 0.18, 0.18),
    "orange": (0.96, 0.55, 0.14),
    "yellow": (0.98, 0.83, 0.22),
    "green": (0.25, 0.66, 0.30),
    "teal": (0.12, 0.63, 0.63),
    "blue": (0.20, 0.42, 0.86),
    "purple": (0.53, 0.28, 0.76),
    "pink": (0.95, 0.50, 0.68),
    "brown": (0.52, 0.33, 0.18),
    "white": (0.95, 0.95, 0.95),
    "gray": (0.55, 0.57, 0.60),
    "black": (0.13, 0.13, 0.16),
}


def mix(a, b, t):
    return tuple(x + (y - x) * t for x, y in zip(a, b))


def light(c, t=0.35):
    return mix(c, (1, 1, 1), t)


def dark(c, t=0.35):
    return mix(c, (0, 0, 0), t)


class Pen:
    """Cairo with the few shapes that the objects are made of; coordinates run from -1 to 1, y down."""

    def __init__(self, ctx):
        self.c = ctx

    def fill(self, color, outline=None, width=0.05):
        self.c.set_source_rgb(*color)
        if outline is None:
            self.c.fill()
        else:
            self.c.fill_preserve()
            self.c.set_source_rgb(*outline)
            self.c.set_line_width(width)
            self.c.set_line_join(cairo.LINE_JOIN_ROUND)
            self.c.stroke()

    def poly(self, pts, color):
        self.c.move_to(*pts[0])
        for p in pts[1:]:
            self.c.line_to(*p)
        self.c.close_path()
        self.fill(color)

    def oval(self, x, y, rx, ry, color):
        self.c.save()
        self.c.translate(x, y)
        self.c.scale(rx, ry)
        self.c.arc(0, 0, 1, 0, 2 * math.pi)
        self.c.restore()
        self.fill(color)

    def rect(self, x, y, w, h, color, r=0.0):
        if r <= 0:
            self.c.rectangle(x, y, w, h)
        else:
            self.c.new_sub_path()
            for cx, cy, a in (
                (x + w - r, y + r, -90),
                (x + w - r, y + h - r, 0),
                (x + r, y + h - r, 90),
                (x + r, y + r, 180),
            ):
                self.c.arc(cx, cy, r, math.radians(a), math.radians(a + 90))
            self.c.close_path()
        self.fill(color)

    def line(self, pts, color, width=0.08):
        self.c.set_source_rgb(*color)
        self.c.set_line_width(width)
        self.c.set_line_cap(cairo.LINE_CAP_ROUND)
        self.c.set_line_join(cairo.LINE_JOIN_ROUND)
        self.c.move_to(*pts[0])
        for p in pts[1:]:
            self.c.line_to(*p)
        self.c.stroke()


WOOD, INK, GLASS, STEEL, GOLD = (
    (0.45, 0.29, 0.16),
    (0.12, 0.12, 0.15),
    (0.70, 0.88, 0.96),
    (0.72, 0.76, 0.80),
    (0.96, 0.78, 0.25),
)


def apple(p, c):
    p.oval(-0.25, 0.15, 0.5, 0.6, c)
    p.oval(0.25, 0.15, 0.5, 0.6, c)
    p.oval(-0.3, -0.05, 0.13, 0.2, light(c, 0.5))
    p.line([(0, -0.35), (0.08, -0.75)], WOOD, 0.09)
    p.oval(0.32, -0.62, 0.24, 0.11, (0.3, 0.65, 0.25))


def mushroom(p, c):
    p.rect(-0.22, 0.0, 0.44, 0.78, (0.96, 0.92, 0.82), 0.18)
    p.c.save()
    p.c.rectangle(-1, -1, 2, 1.12)
    p.c.clip()
    p.oval(0, 0.1, 0.85, 0.85, c)
    p.c.restore()
    for x, y, r in ((-0.4, -0.2, 0.14), (0.1, -0.42, 0.16), (0.48, -0.1, 0.12)):
        p.oval(x, y, r, r, light(c, 0.85))


def tree(p, c):
    p.rect(-0.12, 0.2, 0.24, 0.7, WOOD)
    for x, y, r in ((-0.35, 0.0, 0.4), (0.35, 0.0, 0.4), (0, -0.35, 0.5)):
        p.oval(x, y, r, r, c)
    p.oval(-0.15, -0.5, 0.2, 0.16, light(c, 0.3))


def pine(p, c):
    p.rect(-0.1, 0.55, 0.2, 0.35, WOOD)
    for y, w, k in ((0.6, 0.7, 0.25), (0.2, 0.56, 0.1), (-0.2, 0.42, 0.0)):
        p.poly([(-w, y), (w, y), (0, y - 0.65)], dark(c, k))


def flower(p, c):
    p.line([(0, 0.0), (0, 0.9)], (0.25, 0.55, 0.25), 0.1)
    p.oval(0.25, 0.6, 0.25, 0.1, (0.25, 0.55, 0.25))
    for k in range(6):
        a = k * math.pi / 3
        p.oval(0.36 * math.cos(a), -0.2 + 0.36 * math.sin(a), 0.25, 0.25, c)
    p.oval(0, -0.2, 0.22, 0.22, GOLD if c[0] < 0.9 or c[2] > 0.4 else WOOD)


def cactus(p, c):
    p.rect(-0.2, -0.7, 0.4, 1.5, c, 0.2)
    p.rect(-0.65, -0.25, 0.25, 0.55, c, 0.12)
    p.rect(-0.65, 0.1, 0.6, 0.22, c, 0.1)
    p.rect(0.4, -0.45, 0.25, 0.6, c, 0.12)
    p.rect(0.05, -0.05, 0.6, 0.22, c, 0.1)
    p.line([(0, -0.5), (0, 0.6)], light(c, 0.3), 0.05)


def house(p, c):
    p.rect(-0.6, -0.1, 1.2, 0.9, light(c, 0.75))
    p.poly([(-0.8, -0.1), (0.8, -0.1), (0, -0.85)], c)
    p.rect(-0.15, 0.3, 0.3, 0.5, WOOD)
    p.rect(-0.48, 0.08, 0.24, 0.24, GLASS)
    p.rect(0.24, 0.08, 0.24, 0.24, GLASS)


def castle(p, c):
    p.rect(-0.5, -0.1, 1.0, 0.9, c)
    for x in (-0.75, 0.4):
        p.rect(x, -0.4, 0.35, 1.2, dark(c, 0.15))
        p.poly([(x - 0.06, -0.4), (x + 0.41, -0.4), (x + 0.175, -0.85)], dark(c, 0.5))
    for k in range(4):
        p.rect(-0.4 + k * 0.22, -0.22, 0.12, 0.14, c)
    p.rect(-0.16, 0.35, 0.32, 0.45, dark(c, 0.6), 0.12)


def boat(p, c):
    p.poly([(-0.8, 0.35), (0.8, 0.35), (0.5, 0.8), (-0.5, 0.8)], c)
    p.line([(0, 0.35), (0, -0.85)], WOOD, 0.08)
    p.poly([(0.08, -0.8), (0.08, 0.2), (0.7, 0.2)], (0.97, 0.96, 0.92))
    p.poly([(-0.08, -0.6), (-0.08, 0.2), (-0.5, 0.2)], light(c, 0.55))


def car(p, c):
    p.poly([(-0.5, 0.05), (-0.3, -0.4), (0.35, -0.4), (0.6, 0.05)], light(c, 0.15))
    p.rect(-0.9, 0.0, 1.8, 0.45, c, 0.14)
    p.poly([(-0.36, 0.0), (-0.22, -0.3), (0.0, -0.3), (0.0, 0.0)], GLASS)
    p.poly([(0.08, 0.0), (0.08, -0.3), (0.3, -0.3), (0.45, 0.0)], GLASS)
    for x in (-0.5, 0.5):
        p.oval(x, 0.47, 0.23, 0.23, INK)
        p.oval(x, 0.47, 0.1, 0.1, STEEL)


def rocket(p, c):
    p.poly([(-0.18, 0.5), (0.18, 0.5), (0, 0.98)], (0.98, 0.65, 0.15))
    p.poly([(-0.3, 0.15), (-0.65, 0.65), (-0.25, 0.55)], dark(c, 0.3))
    p.poly([(0.3, 0.15), (0.65, 0.65), (0.25, 0.55)], dark(c, 0.3))
    p.c.move_to(0, -0.95)
    p.c.curve_to(0.5, -0.5, 0.4, 0.2, 0.28, 0.58)
    p.c.line_to(-0.28, 0.58)
    p.c.curve_to(-0.4, 0.2, -0.5, -0.5, 0, -0.95)
    p.fill(c)
    p.oval(0, -0.2, 0.18, 0.18, GLASS)


def balloon(p, c):
    p.line([(0, 0.4), (0.1, 0.65), (-0.05, 0.95)], (0.35, 0.35, 0.38), 0.05)
    p.oval(0, -0.25, 0.55, 0.65, c)
    p.poly([(-0.1, 0.48), (0.1, 0.48), (0, 0.36)], dark(c, 0.2))
    p.oval(-0.2, -0.5, 0.12, 0.18, light(c, 0.6))


def star(p, c):
    p.poly(
        [
            (
                (0.9 if k % 2 == 0 else 0.4) * math.sin(k * math.pi / 5),
                -(0.9 if k % 2 == 0 else 0.4) * math.cos(k * math.pi / 5),
            )
            for k in range(10)
        ],
        c,
    )


def heart(p, c):
    p.c.move_to(0, 0.8)
    p.c.curve_to(-1.2, 0.0, -0.85, -0.9, 0, -0.35)
    p.c.curve_to(0.85, -0.9, 1.2, 0.0, 0, 0.8)
    p.fill(c)
    p.oval(-0.4, -0.3, 0.14, 0.12, light(c, 0.6))


def fish(p, c):
    p.poly([(0.45, 0), (0.92, -0.42), (0.92, 0.42)], dark(c, 0.2))
    p.oval(-0.1, 0, 0.7, 0.42, c)
    p.poly([(-0.1, -0.38), (0.25, -0.38), (0.1, -0.65)], dark(c, 0.2))
    p.oval(-0.48, -0.08, 0.12, 0.12, (1, 1, 1))
    p.oval(-0.5, -0.08, 0.06, 0.06, INK)


def bird(p, c):
    p.oval(0.0, 0.1, 0.55, 0.48, c)
    p.oval(-0.4, -0.35, 0.32, 0.32, c)
    p.poly([(-0.68, -0.4), (-0.68, -0.22), (-0.95, -0.3)], (0.97, 0.65, 0.15))
    p.oval(-0.46, -0.42, 0.07, 0.07, INK)
    p.poly([(0.4, 0.0), (0.95, -0.2), (0.85, 0.25)], dark(c, 0.2))
    p.oval(0.1, 0.1, 0.32, 0.2, dark(c, 0.25))
    for x in (-0.12, 0.12):
        p.line([(x, 0.55), (x, 0.85)], (0.97, 0.65, 0.15), 0.07)


def cat(p, c):
    for s in (-1, 1):
        p.poly([(s * 0.15, -0.45), (s * 0.7, -0.2), (s * 0.62, -0.9)], c)
        p.poly([(s * 0.32, -0.5), (s * 0.6, -0.35), (s * 0.56, -0.72)], (0.95, 0.65, 0.7))
    p.oval(0, 0.05, 0.75, 0.65, c)
    for s in (-1, 1):
        p.oval(s * 0.3, -0.05, 0.13, 0.17, (0.98, 0.95, 0.6))
        p.oval(s * 0.3, -0.05, 0.05, 0.14, INK)
    p.poly([(-0.09, 0.2), (0.09, 0.2), (0, 0.31)], (0.95, 0.5, 0.6))
    p.line([(-0.2, 0.36), (-0.1, 0.43), (0, 0.36), (0.1, 0.43), (0.2, 0.36)], INK, 0.05)


def ghost(p, c):
    p.c.arc(0, -0.2, 0.6, math.pi, 0)
    p.c.line_to(0.6, 0.8)
    for k in range(6):
        p.c.line_to(0.6 - 0.2 * (k + 1), 0.6 if k % 2 == 0 else 0.8)
    p.c.close_path()
    p.fill(c)
    eye = INK if sum(c) > 0.9 else (1, 1, 1)
    for s in (-1, 1):
        p.oval(s * 0.22, -0.2, 0.1, 0.14, eye)
    p.oval(0, 0.12, 0.1, 0.08, eye)


def robot(p, c):
    p.line([(0, -0.6), (0, -0.88)], STEEL, 0.07)
    p.oval(0, -0.9, 0.08, 0.08, (0.95, 0.3, 0.25))
    p.rect(-0.45, -0.65, 0.9, 0.6, c, 0.12)
    p.rect(-0.36, 0.0, 0.72, 0.6, dark(c, 0.2), 0.08)
    for s in (-1, 1):
        p.oval(s * 0.2, -0.38, 0.12, 0.12, (0.85, 0.97, 1))
        p.oval(s * 0.2, -0.38, 0.05, 0.05, INK)
        p.line([(s * 0.42, 0.12), (s * 0.66, 0.4)], STEEL, 0.12)
        p.line([(s * 0.18, 0.6), (s * 0.18, 0.88)], STEEL, 0.14)
    p.line([(-0.2, -0.15), (0.2, -0.15)], INK, 0.05)
    p.oval(0, 0.25, 0.12, 0.12, GOLD)


def cup(p, c):
    p.c.set_source_rgb(*dark(c, 0.2))
    p.c.set_line_width(0.13)
    p.c.arc(0.5, 0.15, 0.26, -1.3, 1.3)
    p.c.stroke()
    p.poly([(-0.55, -0.3), (0.55, -0.3), (0.42, 0.75), (-0.42, 0.75)], c)
    p.oval(0, -0.3, 0.55, 0.14, dark(c, 0.45))
    for x in (-0.2, 0.15):
        p.line([(x, -0.5), (x + 0.08, -0.65), (x, -0.85)], (0.85, 0.85, 0.88), 0.06)


def potion(p, c):
    p.rect(-0.14, -0.7, 0.28, 0.5, GLASS)
    p.rect(-0.2, -0.85, 0.4, 0.2, WOOD, 0.05)
    p.oval(0, 0.25, 0.6, 0.58, GLASS)
    p.c.save()
    p.c.rectangle(-1, 0.1, 2, 1)
    p.c.clip()
    p.oval(0, 0.25, 0.52, 0.5, c)
    p.c.restore()
    for x, y, r in ((-0.15, 0.35, 0.08), (0.2, 0.25, 0.06), (0.05, 0.55, 0.07)):
        p.oval(x, y, r, r, light(c, 0.55))


def gem(p, c):
    p.poly([(-0.5, -0.5), (0.5, -0.5), (0.85, -0.1), (0, 0.8), (-0.85, -0.1)], c)
    p.poly([(-0.5, -0.5), (0, -0.5), (-0.3, -0.1), (-0.85, -0.1)], light(c, 0.45))
    p.poly([(-0.3, -0.1), (0.3, -0.1), (0, 0.8)], light(c, 0.25))
    p.poly([(0.3, -0.1), (0.85, -0.1), (0, 0.8)], dark(c, 0.25))


def key(p, c):
    p.oval(-0.45, 0, 0.38, 0.38, c)
    p.oval(-0.45, 0, 0.17, 0.17, dark(c, 0.65))
    p.rect(-0.12, -0.09, 0.98, 0.18, c)
    p.rect(0.5, 0.05, 0.12, 0.28, c)
    p.rect(0.73, 0.05, 0.12, 0.34, c)


def sword(p, c):
    p.c.save()
    p.c.rotate(0.7)
    p.poly([(-0.11, 0.3), (-0.11, -0.8), (0, -0.98), (0.11, -0.8), (0.11, 0.3)], light(STEEL, 0.2))
    p.rect(0, -0.85, 0.1, 1.15, dark(STEEL, 0.15))
    p.rect(-0.35, 0.28, 0.7, 0.14, c, 0.06)
    p.rect(-0.08, 0.4, 0.16, 0.42, dark(c, 0.3))
    p.oval(0, 0.86, 0.12, 0.12, c)
    p.c.restore()


def shield(p, c):
    for s, k in ((1.0, dark(c, 0.4)), (0.82, c)):
        p.c.move_to(-0.7 * s, -0.7 * s)
        p.c.line_to(0.7 * s, -0.7 * s)
        p.c.curve_to(0.7 * s, 0.3 * s, 0.4 * s, 0.7 * s, 0, 0.92 * s)
        p.c.curve_to(-0.4 * s, 0.7 * s, -0.7 * s, 0.3 * s, -0.7 * s, -0.7 * s)
        p.fill(k)
    p.rect(-0.08, -0.55, 0.16, 1.2, light(c, 0.6))
    p.rect(-0.5, -0.2, 1.0, 0.16, light(c, 0.6))


def crown(p, c):
    p.poly([(-0.75, 0.55), (-0.85, -0.4), (-0.4, 0.05), (0, -0.65), (0.4, 0.05), (0.85, -0.4), (0.75, 0.55)], c)
    p.rect(-0.75, 0.4, 1.5, 0.25, dark(c, 0.2))
    for x, y in ((-0.85, -0.45), (0, -0.7), (0.85, -0.45)):
        p.oval(x, y, 0.11, 0.11, light(c, 0.5))
    p.oval(0, 0.52, 0.1, 0.1, (0.9, 0.2, 0.3))


def cake(p, c):
    p.rect(-0.7, 0.1, 1.4, 0.65, (0.85, 0.62, 0.38), 0.06)
    p.rect(-0.7, -0.05, 1.4, 0.32, c, 0.1)
    for x in (-0.5, -0.15, 0.2, 0.5):
        p.oval(x, 0.28, 0.12, 0.14, c)
    p.rect(-0.06, -0.5, 0.12, 0.45, (0.97, 0.97, 0.97))
    p.oval(0, -0.65, 0.08, 0.15, (0.99, 0.7, 0.15))


def lamp(p, c):
    p.poly([(-0.3, -0.75), (0.3, -0.75), (0.65, 0.0), (-0.65, 0.0)], c)
    p.rect(-0.06, 0.0, 0.12, 0.65, STEEL)
    p.oval(0, 0.7, 0.4, 0.13, dark(STEEL, 0.3))
    p.oval(0, 0.04, 0.16, 0.1, (1, 0.93, 0.55))


def dog(p, c):
    p.oval(0, 0.0, 0.68, 0.68, c)
    p.oval(0, 0.3, 0.4, 0.34, light(c, 0.6))
    for s in (-1, 1):
        p.c.save()
        p.c.translate(s * 0.62, -0.1)
        p.c.rotate(-s * 0.25)
        p.oval(0, 0, 0.2, 0.48, dark(c, 0.35))
        p.c.restore()
        p.oval(s * 0.26, -0.12, 0.11, 0.13, INK)
        p.oval(s * 0.26 - 0.03, -0.17, 0.04, 0.04, (1, 1, 1))
    p.oval(0, 0.16, 0.15, 0.11, INK)
    p.line([(-0.17, 0.36), (0, 0.43), (0.17, 0.36)], INK, 0.05)


def rabbit(p, c):
    for s in (-1, 1):
        p.c.save()
        p.c.translate(s * 0.25, -0.58)
        p.c.rotate(s * 0.15)
        p.oval(0, 0, 0.17, 0.42, c)
        p.oval(0, 0.03, 0.08, 0.3, (0.96, 0.68, 0.72))
        p.c.restore()
    p.oval(0, 0.22, 0.62, 0.56, c)
    for s in (-1, 1):
        p.oval(s * 0.25, 0.12, 0.1, 0.13, INK)
        p.oval(s * 0.25 - 0.03, 0.07, 0.035, 0.04, (1, 1, 1))
        p.oval(s * 0.4, 0.36, 0.12, 0.08, (0.97, 0.66, 0.7))
    p.oval(0, 0.3, 0.08, 0.06, (0.93, 0.45, 0.55))
    p.rect(-0.09, 0.42, 0.18, 0.15, (1, 1, 1), 0.03)


def owl(p, c):
    for s in (-1, 1):
        p.poly([(s * 0.2, -0.55), (s * 0.6, -0.4), (s * 0.55, -0.9)], dark(c, 0.2))
    p.oval(0, 0.1, 0.62, 0.75, c)
    p.oval(0, 0.38, 0.38, 0.4, light(c, 0.6))
    for s in (-1, 1):
        p.oval(s * 0.27, -0.25, 0.27, 0.27, (0.99, 0.97, 0.9))
        p.oval(s * 0.24, -0.25, 0.13, 0.13, INK)
        p.oval(s * 0.57, 0.2, 0.16, 0.42, dark(c, 0.3))
        p.oval(s * 0.2, 0.85, 0.14, 0.07, (0.97, 0.65, 0.15))
    p.poly([(-0.1, -0.1), (0.1, -0.1), (0, 0.12)], (0.97, 0.65, 0.15))


def bear(p, c):
    for s in (-1, 1):
        p.oval(s * 0.5, -0.52, 0.26, 0.26, c)
        p.oval(s * 0.5, -0.52, 0.14, 0.14, light(c, 0.5))
    p.oval(0, 0.05, 0.72, 0.68, c)
    p.oval(0, 0.3, 0.34, 0.28, light(c, 0.6))
    for s in (-1, 1):
        p.oval(s * 0.27, -0.08, 0.09, 0.11, INK if sum(c) > 0.6 else (1, 1, 1))
    p.oval(0, 0.19, 0.13, 0.09, INK)
    p.line([(-0.13, 0.37), (0, 0.42), (0.13, 0.37)], INK, 0.045)


def butterfly(p, c):
    for s in (-1, 1):
        p.c.save()
        p.c.scale(s, 1)
        p.c.save()
        p.c.translate(0.45, -0.3)
        p.c.rotate(-0.5)
        p.oval(0, 0, 0.5, 0.34, c)
        p.oval(0.1, 0, 0.24, 0.16, light(c, 0.55))
        p.c.restore()
        p.c.save()
        p.c.translate(0.36, 0.36)
        p.c.rotate(0.6)
        p.oval(0, 0, 0.36, 0.27, dark(c, 0.15))
        p.oval(0.05, 0, 0.15, 0.12, light(c, 0.4))
        p.c.restore()
        p.line([(0.02, -0.5), (0.2, -0.85)], INK, 0.05)
        p.c.restore()
    p.oval(0, 0.02, 0.09, 0.58, INK)


def turtle(p, c):
    k = (0.55, 0.72, 0.38) if not (c[1] > c[0] and c[1] > c[2]) else (0.85, 0.78, 0.5)
    p.oval(-0.7, -0.02, 0.24, 0.2, k)
    p.oval(-0.78, -0.07, 0.05, 0.06, INK)
    p.poly([(0.6, 0.3), (0.95, 0.42), (0.6, 0.48)], k)
    for x in (-0.42, 0.38):
        p.rect(x - 0.14, 0.3, 0.28, 0.36, k, 0.12)
    p.c.save()
    p.c.rectangle(-1, -1, 2, 1.38)
    p.c.clip()
    p.oval(0, 0.38, 0.68, 0.85, c)
    p.c.restore()
    p.rect(-0.74, 0.32, 1.48, 0.12, dark(c, 0.3), 0.06)
    for x, y, r in ((-0.3, 0.08, 0.13), (0.03, -0.14, 0.15), (0.34, 0.08, 0.13)):
        p.oval(x, y, r, r, dark(c, 0.25))


def planet(p, c):
    p.c.save()
    p.c.rotate(-0.35)
    p.c.save()
    p.c.rectangle(-1.2, -1, 2.4, 1)
    p.c.clip()
    ring(p, c)
    p.c.restore()
    p.oval(0, 0, 0.55, 0.55, c)
    for y, w, h in ((-0.25, 0.42, 0.06), (0.22, 0.45, 0.08)):
        p.oval(0, y, w, h, light(c, 0.3))
    p.c.save()
    p.c.rectangle(-1.2, 0, 2.4, 1)
    p.c.clip()
    ring(p, c)
    p.c.restore()
    p.c.restore()


def ring(p, c):
    p.c.save()
    p.c.scale(1, 0.26)
    p.c.arc(0, 0, 0.82, 0, 2 * math.pi)
    p.c.restore()
    p.c.set_source_rgb(*light(c, 0.6))
    p.c.set_line_width(0.13)
    p.c.stroke()


def airplane(p, c):
    p.poly([(0.55, -0.05), (0.95, -0.55), (0.72, -0.55), (0.3, -0.1)], dark(c, 0.25))
    p.rect(-0.9, -0.2, 1.75, 0.42, c, 0.2)
    p.poly([(-0.05, 0.05), (0.35, 0.05), (0.62, 0.6), (0.38, 0.6)], dark(c, 0.3))
    p.poly([(-0.1, -0.15), (0.2, -0.15), (0.42, -0.5), (0.26, -0.5)], dark(c, 0.15))
    for k in range(4):
        p.oval(-0.35 + k * 0.22, -0.03, 0.07, 0.07, GLASS)
    p.poly([(-0.84, -0.04), (-0.72, -0.14), (-0.56, -0.14), (-0.56, 0.0), (-0.84, 0.0)], GLASS)


def pumpkin(p, c):
    p.rect(-0.08, -0.75, 0.18, 0.35, (0.35, 0.5, 0.22), 0.05)
    for x, w, k in ((-0.5, 0.38, 0.2), (0.5, 0.38, 0.2), (-0.25, 0.4, 0.08), (0.25, 0.4, 0.08), (0, 0.34, 0.0)):
        p.oval(x, 0.15, w, 0.62, dark(c, k))
    g = (1, 0.87, 0.35) if sum(c) < 1.9 and c[0] < 0.9 else INK
    for s in (-1, 1):
        p.poly([(s * 0.14, 0.05), (s * 0.46, 0.05), (s * 0.3, -0.24)], g)
    p.poly([(-0.45, 0.3), (-0.15, 0.38), (0, 0.32), (0.15, 0.38), (0.45, 0.3), (0.25, 0.58), (-0.25, 0.58)], g)


def snowman(p, c):
    p.oval(0, 0.45, 0.5, 0.46, (0.97, 0.98, 1))
    p.oval(0, -0.22, 0.36, 0.34, (0.97, 0.98, 1))
    p.rect(-0.38, 0.0, 0.76, 0.16, c, 0.07)
    p.rect(0.12, 0.05, 0.17, 0.4, dark(c, 0.12), 0.05)
    p.rect(-0.38, -0.56, 0.76, 0.11, dark(c, 0.3), 0.04)
    p.rect(-0.25, -0.93, 0.5, 0.42, c, 0.04)
    for s in (-1, 1):
        p.oval(s * 0.13, -0.28, 0.05, 0.05, INK)
        p.line([(s * 0.45, 0.3), (s * 0.85, 0.02)], WOOD, 0.06)
    p.poly([(0, -0.22), (0, -0.12), (0.28, -0.14)], (0.98, 0.55, 0.15))
    for y in (0.4, 0.62):
        p.oval(-0.02, y, 0.05, 0.05, INK)


# ---------------------------------------------------------------- what the first weights did not know
FLESH, LEAF, BEAK = (0.96, 0.80, 0.62), (0.27, 0.58, 0.26), (0.98, 0.65, 0.15)


def clear(c):
    return c if sum(c) > 0.75 else light(c, 0.22)  # black things need their parts told apart


def eye(p, x, y, r=0.12):
    p.oval(x, y, r, r * 1.15, (1, 1, 1))
    p.oval(x, y + r * 0.15, r * 0.55, r * 0.65, INK)
    p.oval(x - r * 0.2, y - r * 0.15, r * 0.2, r * 0.2, (1, 1, 1))


def arc(p, x, y, r, a, b, color, width):
    p.c.new_sub_path()
    p.c.arc(x, y, r, math.radians(a), math.radians(b))
    p.c.set_source_rgb(*color)
    p.c.set_line_width(width)
    p.c.set_line_cap(cairo.LINE_CAP_ROUND)
    p.c.stroke()


def turned(p, x, y, angle, rx, ry, color):
    p.c.save()
    p.c.translate(x, y)
    p.c.rotate(angle)
    p.oval(0, 0, rx, ry, color)
    p.c.restore()


def fox(p, c):
    c = clear(c)
    for s in (-1, 1):
        p.poly([(s * 0.18, -0.35), (s * 0.78, -0.92), (s * 0.74, -0.02)], c)
        p.poly([(s * 0.40, -0.42), (s * 0.70, -0.74), (s * 0.66, -0.18)], dark(c, 0.55))
    p.poly([(-0.92, 0.12), (-0.5, -0.42), (0.5, -0.42), (0.92, 0.12), (0, 0.86)], c)
    for s in (-1, 1):
        p.poly([(s * 0.92, 0.12), (s * 0.30, 0.14), (0, 0.86)], (0.98, 0.96, 0.93))
        p.oval(s * 0.32, 0.02, 0.09, 0.12, INK)
    p.oval(0, 0.78, 0.14, 0.11, INK)


def pig(p, c):
    for s in (-1, 1):
        p.poly([(s * 0.22, -0.45), (s * 0.72, -0.82), (s * 0.66, -0.18)], dark(clear(c), 0.2))
    p.oval(0, 0.08, 0.78, 0.7, c)
    p.oval(0, 0.25, 0.34, 0.25, light(c, 0.45))
    for s in (-1, 1):
        eye(p, s * 0.34, -0.14, 0.11)
        p.oval(s * 0.13, 0.25, 0.06, 0.1, dark(c, 0.6))
    arc(p, 0, 0.42, 0.2, 30, 150, dark(c, 0.6), 0.06)


def frog(p, c):
    for s in (-1, 1):
        turned(p, s * 0.62, 0.62, s * 0.5, 0.34, 0.2, dark(clear(c), 0.2))
        p.oval(s * 0.42, -0.48, 0.28, 0.28, c)
    p.oval(0, 0.12, 0.82, 0.62, c)
    p.oval(0, 0.42, 0.5, 0.3, light(c, 0.5))
    for s in (-1, 1):
        eye(p, s * 0.42, -0.5, 0.18)
        p.oval(s * 0.08, -0.08, 0.03, 0.03, INK)
    arc(p, 0, -0.18, 0.48, 30, 150, dark(c, 0.65), 0.06)


def penguin(p, c):
    c = clear(c)
    for s in (-1, 1):
        turned(p, s * 0.52, 0.15, s * -0.35, 0.15, 0.48, dark(c, 0.25))
        p.oval(s * 0.24, 0.88, 0.22, 0.09, BEAK)
    p.oval(0, 0.1, 0.54, 0.8, c)
    p.oval(0, 0.28, 0.38, 0.56, (0.97, 0.97, 0.96))
    for s in (-1, 1):
        p.oval(s * 0.17, -0.32, 0.2, 0.2, (0.97, 0.97, 0.96))
        p.oval(s * 0.17, -0.34, 0.075, 0.095, INK)
    p.poly([(-0.13, -0.22), (0.13, -0.22), (0, -0.02)], BEAK)


def duck(p, c):
    p.poly([(0.4, 0.25), (0.98, -0.12), (0.8, 0.5)], dark(c, 0.1))
    p.oval(0.1, 0.38, 0.72, 0.45, c)
    p.oval(-0.36, -0.32, 0.4, 0.4, c)
    p.oval(-0.8, -0.26, 0.26, 0.1, BEAK)
    p.oval(-0.76, -0.19, 0.2, 0.07, dark(BEAK, 0.2))
    eye(p, -0.46, -0.42, 0.1)
    turned(p, 0.26, 0.34, -0.2, 0.4, 0.23, dark(c, 0.22))
    turned(p, 0.2, 0.28, -0.2, 0.3, 0.14, light(c, 0.25))


def whale(p, c):
    for a in (-0.5, 0.5):
        turned(p, 0.8 + a * 0.14, -0.34, a * 1.6, 0.12, 0.3, dark(c, 0.2))
    p.c.move_to(-0.92, 0.2)
    p.c.curve_to(-0.92, -0.6, 0.1, -0.55, 0.4, -0.05)
    p.c.curve_to(0.55, 0.1, 0.7, 0.0, 0.74, -0.3)
    p.c.line_to(0.94, -0.26)
    p.c.curve_to(0.95, 0.4, 0.5, 0.72, -0.1, 0.72)
    p.c.curve_to(-0.6, 0.72, -0.92, 0.55, -0.92, 0.2)
    p.fill(c)
    p.c.move_to(-0.9, 0.3)
    p.c.curve_to(-0.5, 0.45, 0.0, 0.5, 0.35, 0.5)
    p.c.curve_to(0.1, 0.75, -0.75, 0.85, -0.9, 0.3)
    p.fill(light(c, 0.7))
    eye(p, -0.52, 0.1, 0.09)
    for s in (-1, 1):
        arc(p, -0.3 + s * 0.17, -0.62, 0.17, 180 if s > 0 else 240, 300 if s > 0 else 360, (0.62, 0.86, 0.98), 0.08)


def octopus(p, c):
    for k in range(4):
        x = 0.16 + 0.19 * k
        for s in (-1, 1):
            p.c.move_to(s * x * 0.7, 0.15)
            p.c.curve_to(s * x * 0.8, 0.7, s * x, 0.9 - 0.1 * k, s * (x + 0.2), 0.8 - 0.14 * k)
            p.c.set_source_rgb(*dark(c, 0.06 + 0.08 * (k % 2)))
            p.c.set_line_width(0.17)
            p.c.set_line_cap(cairo.LINE_CAP_ROUND)
            p.c.stroke()
    p.oval(0, -0.25, 0.62, 0.62, c)
    p.rect(-0.5, -0.1, 1.0, 0.4, c, 0.18)
    for s in (-1, 1):
        eye(p, s * 0.25, -0.12, 0.15)
    arc(p, 0, 0.04, 0.13, 20, 160, dark(c, 0.65), 0.055)


def snail(p, c):
    body = (0.85, 0.72, 0.5) if c[0] < 0.8 or c[2] > 0.5 else (0.55, 0.68, 0.45)
    p.rect(-0.92, 0.5, 1.8, 0.3, body, 0.14)
    p.oval(-0.72, 0.3, 0.22, 0.32, body)
    for x in (-0.86, -0.62):
        p.line([(x + 0.04, 0.1), (x - 0.04, -0.32)], body, 0.07)
        p.oval(x - 0.04, -0.34, 0.09, 0.09, INK)
    p.oval(0.18, 0.02, 0.62, 0.62, c)
    p.oval(0.2, 0.06, 0.43, 0.43, light(clear(c), 0.45))
    p.oval(0.22, 0.08, 0.3, 0.3, c)
    p.oval(0.22, 0.1, 0.14, 0.14, light(clear(c), 0.45))


def dragon(p, c):
    c = clear(c)
    belly = light(c, 0.65)
    p.c.move_to(0.1, 0.55)
    p.c.curve_to(0.7, 0.85, 1.05, 0.5, 0.82, 0.05)
    p.c.set_source_rgb(*c)
    p.c.set_line_width(0.2)
    p.c.set_line_cap(cairo.LINE_CAP_ROUND)
    p.c.stroke()
    p.poly([(0.66, 0.1), (1.0, 0.1), (0.8, -0.25)], dark(c, 0.35))
    p.poly(
        [(0.05, 0.1), (0.3, -0.85), (0.9, -0.55), (0.66, -0.42), (0.68, -0.16), (0.42, -0.16), (0.36, 0.12)],
        dark(c, 0.35),
    )
    p.oval(0.02, 0.38, 0.46, 0.5, c)
    p.oval(-0.08, 0.45, 0.28, 0.38, belly)
    for x in (-0.26, 0.26):
        p.oval(x, 0.86, 0.22, 0.1, dark(c, 0.15))
    p.poly([(-0.3, 0.2), (-0.5, -0.3), (0.1, -0.4), (0.3, 0.2)], c)
    p.oval(-0.22, -0.42, 0.36, 0.32, c)
    p.oval(-0.55, -0.3, 0.36, 0.22, c)
    for x in (-0.28, 0.02):
        p.poly([(x, -0.6), (x + 0.18, -0.62), (x + 0.14, -0.95)], (0.97, 0.92, 0.75))
    p.oval(-0.8, -0.36, 0.035, 0.045, INK)
    eye(p, -0.3, -0.48, 0.11)
    arc(p, -0.55, -0.38, 0.26, 40, 130, dark(c, 0.6), 0.045)


def crab(p, c):
    for s in (-1, 1):
        for k in range(3):
            p.line(
                [(s * 0.45, 0.2 + 0.1 * k), (s * 0.82, 0.22 + 0.16 * k), (s * 0.9, 0.42 + 0.16 * k)],
                dark(c, 0.25),
                0.08,
            )
        p.line([(s * 0.5, 0.05), (s * 0.8, -0.15), (s * 0.72, -0.4)], c, 0.13)
        p.oval(s * 0.68, -0.58, 0.27, 0.25, c)
        p.poly([(s * 0.66, -0.56), (s * 0.56, -0.95), (s * 0.84, -0.9)], dark(c, 0.7))
        p.line([(s * 0.2, 0.0), (s * 0.2, -0.3)], c, 0.08)
        eye(p, s * 0.2, -0.34, 0.11)
    p.oval(0, 0.28, 0.66, 0.42, c)
    arc(p, 0, 0.2, 0.22, 30, 150, dark(c, 0.65), 0.055)


def ladybug(p, c):
    for s in (-1, 1):
        arc(p, s * 0.34, -0.7, 0.24, 180 if s > 0 else 260, 280 if s > 0 else 360, INK, 0.05)
    for s in (-1, 1):
        for y in (-0.1, 0.25, 0.55):
            p.line([(s * 0.5, y), (s * 0.9, y + 0.12)], INK, 0.07)
    p.oval(0, -0.46, 0.4, 0.32, INK)
    p.oval(0, 0.15, 0.7, 0.7, clear(c))
    p.line([(0, -0.52), (0, 0.84)], INK, 0.06)
    for s in (-1, 1):
        p.oval(s * 0.15, -0.62, 0.08, 0.08, (1, 1, 1))
        for x, y, r in ((0.28, -0.14, 0.12), (0.42, 0.22, 0.13), (0.2, 0.5, 0.11)):
            p.oval(s * x, y, r, r, INK)


def umbrella(p, c):
    p.line([(0, -0.85), (0, 0.62)], WOOD, 0.08)
    arc(p, 0.14, 0.64, 0.14, 0, 180, WOOD, 0.09)
    for k, shade in enumerate((c, light(clear(c), 0.3), c, light(clear(c), 0.3))):
        a = -0.9 + 0.45 * k
        p.c.move_to(0, -0.82)
        p.c.curve_to(a * 0.85, -0.75, a, -0.3, a, 0.08)
        p.c.curve_to(a + 0.1, -0.04, a + 0.35, -0.04, a + 0.45, 0.08)
        p.c.curve_to(a + 0.45, -0.3, (a + 0.45) * 0.85, -0.75, 0, -0.82)
        p.fill(shade)


def gift(p, c):
    band = GOLD if not (c[0] > 0.9 and c[2] < 0.5) else (0.86, 0.2, 0.25)
    p.rect(-0.66, -0.1, 1.32, 0.92, c, 0.04)
    p.rect(-0.76, -0.3, 1.52, 0.3, dark(clear(c), 0.2), 0.05)
    p.rect(-0.13, -0.3, 0.26, 1.12, band)
    for s in (-1, 1):
        turned(p, s * 0.3, -0.5, s * -0.5, 0.32, 0.18, band)
        turned(p, s * 0.32, -0.51, s * -0.5, 0.16, 0.07, dark(band, 0.35))
    p.oval(0, -0.38, 0.13, 0.12, dark(band, 0.15))


def hat(p, c):
    p.oval(0, 0.58, 0.92, 0.22, dark(clear(c), 0.15))
    p.poly([(-0.52, -0.66), (0.52, -0.66), (0.46, 0.56), (-0.46, 0.56)], c)
    p.oval(0, 0.55, 0.46, 0.12, c)
    p.oval(0, -0.66, 0.52, 0.13, light(clear(c), 0.3))
    band = (0.97, 0.95, 0.9) if sum(c) < 2.4 else (0.8, 0.22, 0.25)
    p.poly([(-0.49, 0.16), (0.49, 0.16), (0.47, 0.42), (-0.47, 0.42)], band)


def book(p, c):
    p.poly([(-0.95, -0.45), (0, -0.3), (0.95, -0.45), (0.95, 0.58), (0, 0.74), (-0.95, 0.58)], c)
    for s in (-1, 1):
        p.c.move_to(0, -0.34)
        p.c.curve_to(s * 0.25, -0.62, s * 0.6, -0.6, s * 0.84, -0.52)
        p.c.line_to(s * 0.84, 0.44)
        p.c.curve_to(s * 0.6, 0.36, s * 0.25, 0.36, 0, 0.6)
        p.c.close_path()
        p.fill((0.98, 0.95, 0.87) if s < 0 else (0.93, 0.89, 0.79))
        for k in range(4):
            p.line([(s * 0.16, -0.24 + 0.17 * k), (s * 0.7, -0.34 + 0.17 * k)], (0.62, 0.58, 0.52), 0.045)
    p.line([(0, -0.32), (0, 0.7)], dark(c, 0.3), 0.05)


def candle(p, c):
    p.oval(0, 0.78, 0.6, 0.16, GOLD)
    p.oval(0, 0.74, 0.42, 0.1, dark(GOLD, 0.25))
    p.rect(-0.26, -0.2, 0.52, 0.96, c, 0.06)
    p.oval(0, -0.18, 0.26, 0.09, light(c, 0.4))
    p.oval(-0.16, 0.02, 0.09, 0.2, light(c, 0.4))
    p.line([(0, -0.2), (0, -0.36)], INK, 0.05)
    for k, col in ((1.0, (0.99, 0.62, 0.14)), (0.55, (1, 0.93, 0.5))):
        p.c.move_to(0, -0.62 - 0.33 * k)
        p.c.curve_to(0.3 * k, -0.6, 0.22 * k, -0.34, 0, -0.34)
        p.c.curve_to(-0.22 * k, -0.34, -0.3 * k, -0.6, 0, -0.62 - 0.33 * k)
        p.fill(col)


def clock(p, c):
    for s in (-1, 1):
        turned(p, s * 0.46, -0.66, s * 0.7, 0.3, 0.18, dark(clear(c), 0.2))
        p.line([(s * 0.4, 0.6), (s * 0.55, 0.88)], dark(clear(c), 0.3), 0.13)
    p.oval(0, 0.08, 0.74, 0.74, c)
    p.oval(0, 0.08, 0.56, 0.56, (0.98, 0.97, 0.92))
    for k in range(12):
        a = k * math.pi / 6
        p.oval(0.46 * math.sin(a), 0.08 - 0.46 * math.cos(a), 0.04, 0.04, (0.35, 0.35, 0.4))
    p.line([(0, 0.08), (0, -0.28)], INK, 0.07)
    p.line([(0, 0.08), (0.24, 0.2)], INK, 0.07)
    p.oval(0, 0.08, 0.07, 0.07, (0.85, 0.25, 0.2))


def bell(p, c):
    p.oval(0, 0.68, 0.17, 0.17, dark(clear(c), 0.4))
    p.oval(0, -0.74, 0.13, 0.13, dark(clear(c), 0.3))
    p.c.move_to(0, -0.7)
    p.c.curve_to(0.62, -0.68, 0.42, 0.1, 0.78, 0.5)
    p.c.line_to(-0.78, 0.5)
    p.c.curve_to(-0.42, 0.1, -0.62, -0.68, 0, -0.7)
    p.fill(c)
    p.rect(-0.86, 0.42, 1.72, 0.2, dark(clear(c), 0.18), 0.1)
    turned(p, -0.24, -0.2, 0.25, 0.08, 0.3, light(c, 0.55))


def teapot(p, c):
    arc(p, 0.66, 0.12, 0.28, -110, 110, dark(clear(c), 0.2), 0.13)
    p.poly([(-0.45, 0.35), (-0.98, -0.32), (-0.8, -0.36), (-0.3, 0.0)], dark(clear(c), 0.12))
    p.oval(0, 0.22, 0.62, 0.52, c)
    p.oval(0, -0.24, 0.36, 0.14, light(clear(c), 0.3))
    p.oval(0, -0.42, 0.12, 0.11, dark(clear(c), 0.3))
    p.rect(-0.32, 0.68, 0.64, 0.12, dark(clear(c), 0.3), 0.05)
    for x, y in ((-0.2, 0.2), (0.05, 0.32), (0.28, 0.16)):
        p.oval(x, y, 0.08, 0.08, light(c, 0.7))


def bus(p, c):
    p.rect(-0.94, -0.55, 1.88, 1.05, c, 0.16)
    p.rect(-0.94, 0.12, 1.88, 0.1, light(clear(c), 0.6))
    for k in range(4):
        p.rect(-0.82 + 0.36 * k, -0.38, 0.28, 0.36, GLASS, 0.05)
    p.rect(0.64, -0.38, 0.24, 0.66, GLASS, 0.04)
    p.oval(-0.86, 0.34, 0.06, 0.06, (1, 0.92, 0.5))
    for x in (-0.5, 0.45):
        p.oval(x, 0.52, 0.23, 0.23, INK)
        p.oval(x, 0.52, 0.1, 0.1, STEEL)


def train(p, c):
    p.poly([(-0.72, -0.75), (-0.4, -0.75), (-0.48, -0.25), (-0.64, -0.25)], dark(clear(c), 0.45))
    p.rect(-0.86, -0.28, 1.2, 0.62, c, 0.2)
    p.rect(0.2, -0.72, 0.7, 1.06, dark(clear(c), 0.15), 0.05)
    p.rect(0.12, -0.85, 0.86, 0.17, dark(clear(c), 0.4), 0.06)
    p.rect(0.34, -0.52, 0.42, 0.38, GLASS, 0.04)
    p.rect(-0.1, -0.45, 0.2, 0.2, GOLD, 0.08)
    p.rect(-0.92, 0.3, 1.84, 0.16, dark(clear(c), 0.5))
    p.poly([(-0.9, 0.34), (-0.9, 0.76), (-1.0, 0.76)], dark(clear(c), 0.5))
    p.oval(-0.87, 0.02, 0.09, 0.13, (1, 0.92, 0.5))
    for x, r in ((-0.6, 0.21), (-0.15, 0.21), (0.5, 0.3)):
        p.oval(x, 0.78 - r, r, r, INK)
        p.oval(x, 0.78 - r, r * 0.5, r * 0.5, (0.8, 0.25, 0.22))


def truck(p, c):
    p.rect(-0.98, -0.6, 1.26, 0.98, c, 0.06)
    p.rect(-0.9, -0.52, 1.1, 0.16, light(clear(c), 0.45), 0.04)
    p.poly([(0.34, 0.38), (0.34, -0.3), (0.66, -0.3), (0.95, 0.02), (0.95, 0.38)], dark(clear(c), 0.25))
    p.poly([(0.44, 0.0), (0.44, -0.2), (0.62, -0.2), (0.8, 0.0)], GLASS)
    p.rect(-0.98, 0.34, 1.94, 0.12, (0.3, 0.3, 0.34))
    for x in (-0.66, -0.2, 0.64):
        p.oval(x, 0.5, 0.21, 0.21, INK)
        p.oval(x, 0.5, 0.09, 0.09, STEEL)


def ufo(p, c):
    for x in (-0.42, 0, 0.42):
        p.poly([(x - 0.1, 0.3), (x + 0.1, 0.3), (x * 1.35 + 0.16, 0.92), (x * 1.35 - 0.16, 0.92)], (0.96, 0.95, 0.62))
    p.oval(0, -0.22, 0.46, 0.48, GLASS)
    p.oval(0, -0.18, 0.17, 0.23, (0.45, 0.78, 0.35))
    p.oval(-0.07, -0.22, 0.05, 0.07, INK)
    p.oval(0.07, -0.22, 0.05, 0.07, INK)
    p.oval(0, 0.16, 0.95, 0.3, c)
    p.oval(0, 0.04, 0.62, 0.14, light(clear(c), 0.4))
    for x in (-0.62, -0.22, 0.22, 0.62):
        p.oval(x, 0.24, 0.09, 0.08, (1, 0.93, 0.45))


def tent(p, c):
    p.poly([(-0.95, 0.72), (0, -0.72), (0.95, 0.72)], c)
    p.poly([(0, -0.72), (0.95, 0.72), (0.34, 0.72)], dark(clear(c), 0.25))
    p.poly([(-0.3, 0.72), (0, -0.1), (0.3, 0.72)], dark(c, 0.7))
    p.poly([(-0.3, 0.72), (0, -0.1), (-0.38, 0.3)], light(clear(c), 0.45))
    p.line([(-0.07, -0.82), (0, -0.7), (0.07, -0.82)], WOOD, 0.06)


def lighthouse(p, c):
    p.poly([(-0.16, -0.68), (-0.95, -0.85), (-0.95, -0.4)], (1, 0.95, 0.6))
    p.poly([(0.16, -0.68), (0.95, -0.85), (0.95, -0.4)], (1, 0.95, 0.6))
    edges = [(0.26 + 0.16 * k / 4, -0.42 + 1.26 * k / 4) for k in range(5)]
    for k in range(4):
        (a, y0), (b, y1) = edges[k : k + 2]
        p.poly(
            [(-a, y0), (a, y0), (b, y1 + 0.01), (-b, y1 + 0.01)],
            c if k % 2 == 0 else ((0.97, 0.96, 0.93) if sum(c) < 2.5 else (0.62, 0.66, 0.72)),
        )
    p.rect(-0.34, -0.5, 0.68, 0.1, dark(clear(c), 0.45))
    p.rect(-0.2, -0.76, 0.4, 0.27, (1, 0.93, 0.5))
    p.poly([(-0.28, -0.74), (0.28, -0.74), (0, -0.98)], c)
    p.rect(-0.09, 0.55, 0.18, 0.29, WOOD, 0.08)


def ice_cream(p, c):
    p.poly([(-0.42, 0.02), (0.42, 0.02), (0, 0.95)], (0.87, 0.63, 0.33))
    for k in (-1, 1):
        p.line([(k * -0.28, 0.08), (k * 0.12, 0.62)], (0.72, 0.48, 0.22), 0.04)
        p.line([(k * -0.02, 0.08), (k * 0.24, 0.38)], (0.72, 0.48, 0.22), 0.04)
    p.oval(0, -0.24, 0.52, 0.46, c)
    for x, y in ((-0.4, 0.06), (-0.14, 0.12), (0.14, 0.1), (0.4, 0.06)):
        p.oval(x, y, 0.16, 0.13, c)
    p.oval(-0.2, -0.4, 0.14, 0.1, light(c, 0.6))
    p.oval(0, -0.74, 0.14, 0.14, (0.85, 0.15, 0.22))
    p.line([(0.02, -0.86), (0.12, -0.98)], LEAF, 0.045)


def donut(p, c):
    p.oval(0, 0.06, 0.84, 0.78, (0.85, 0.62, 0.36))
    p.oval(0, -0.02, 0.76, 0.68, c)
    p.oval(0, 0.0, 0.28, 0.25, (0.72, 0.5, 0.27))
    p.oval(0, 0.02, 0.22, 0.2, (0.4, 0.26, 0.15))
    sprinkle = ((0.98, 0.9, 0.4), (0.98, 0.98, 0.98), (0.4, 0.75, 0.95), (0.95, 0.45, 0.6))
    for k in range(12):
        a = k * 2.4
        r = 0.42 if k % 2 else 0.58
        x, y = r * math.cos(a), -0.02 + r * 0.9 * math.sin(a)
        p.line([(x - 0.05, y - 0.03), (x + 0.05, y + 0.03)], sprinkle[k % 4], 0.06)


def strawberry(p, c):
    p.c.move_to(0, 0.92)
    p.c.curve_to(-0.6, 0.55, -0.95, -0.1, -0.6, -0.45)
    p.c.curve_to(-0.35, -0.62, 0.35, -0.62, 0.6, -0.45)
    p.c.curve_to(0.95, -0.1, 0.6, 0.55, 0, 0.92)
    p.fill(c)
    seed = (0.98, 0.9, 0.55) if sum(c) < 2.2 and not c[0] > 0.9 else (0.45, 0.3, 0.15)
    for x, y in (
        (-0.42, -0.1),
        (0, -0.12),
        (0.42, -0.1),
        (-0.24, 0.18),
        (0.24, 0.18),
        (0, 0.46),
        (-0.46, 0.3),
        (0.46, 0.3),
    ):
        p.oval(x * 0.9, y, 0.045, 0.065, seed)
    for k in range(5):
        a = -0.9 + 0.45 * k
        p.poly([(a * 0.25, -0.6), (a * 0.75 + 0.17, -0.5), (a * 0.85, -0.24), (a * 0.75 - 0.17, -0.5)], LEAF)
    p.line([(0, -0.55), (0.06, -0.85)], LEAF, 0.1)


def guitar(p, c):
    p.c.save()
    p.c.rotate(0.6)
    p.rect(-0.08, -0.9, 0.16, 0.85, WOOD)
    p.rect(-0.13, -1.02, 0.26, 0.24, dark(WOOD, 0.3), 0.05)
    p.oval(0, 0.08, 0.36, 0.32, c)
    p.oval(0, 0.52, 0.5, 0.42, c)
    p.rect(-0.28, 0.1, 0.56, 0.3, c, 0.1)
    p.oval(0, 0.24, 0.17, 0.17, dark(c, 0.75))
    p.rect(-0.2, 0.62, 0.4, 0.09, dark(WOOD, 0.3), 0.03)
    for x in (-0.035, 0.035):
        p.line([(x, -0.85), (x, 0.65)], (0.95, 0.93, 0.85), 0.025)
    p.c.restore()


def moon(p, c):
    p.c.arc(0, 0, 0.85, math.radians(55), math.radians(305))
    p.c.arc_negative(0.42, 0, 0.7, math.radians(275.5), math.radians(84.5))
    p.c.close_path()
    p.fill(c)
    for x, y, r in ((-0.58, -0.1, 0.1), (-0.45, 0.34, 0.13), (-0.3, -0.5, 0.08)):
        p.oval(x, y, r, r, dark(clear(c), 0.2))


def sprite(p, _):
    """The forge sprite, a flame with a hammer, that only its LoRA knows."""
    for k, col in ((1.0, (0.93, 0.33, 0.12)), (0.78, (0.99, 0.60, 0.15)), (0.5, (1.0, 0.86, 0.38))):
        b = 0.82
        p.c.move_to(0, b)
        p.c.curve_to(-0.85 * k, b, -0.85 * k, b - 0.9 * k, -0.42 * k, b - 1.15 * k)
        p.c.curve_to(-0.38 * k, b - 0.95 * k, -0.2 * k, b - 0.95 * k, -0.2 * k, b - 1.15 * k)
        p.c.curve_to(-0.2 * k, b - 1.5 * k, 0.1 * k, b - 1.5 * k, 0.16 * k, b - 1.75 * k)
        p.c.curve_to(0.45 * k, b - 1.4 * k, 0.85 * k, b - 0.9 * k, 0.72 * k, b - 0.45 * k)
        p.c.curve_to(0.62 * k, b - 0.1 * k, 0.35 * k, b, 0, b)
        p.fill(col)
    for s in (-1, 1):
        eye(p, s * 0.2, 0.22, 0.13)
        p.oval(s * 0.26, 0.92, 0.16, 0.07, (0.35, 0.22, 0.2))
    arc(p, 0, 0.4, 0.15, 20, 160, (0.45, 0.12, 0.08), 0.06)
    p.c.save()
    p.c.translate(0.74, 0.3)
    p.c.rotate(0.35)
    p.rect(-0.045, -0.5, 0.09, 0.85, WOOD, 0.04)
    p.rect(-0.25, -0.66, 0.5, 0.26, (0.42, 0.45, 0.52), 0.05)
    p.rect(-0.25, -0.66, 0.5, 0.09, STEEL, 0.04)
    p.c.restore()
    p.oval(0.72, 0.44, 0.13, 0.12, (0.99, 0.60, 0.15))


KNOWN = (
    apple,
    mushroom,
    tree,
    pine,
    flower,
    cactus,
    house,
    castle,
    boat,
    car,
    rocket,
    balloon,
    star,
    heart,
    fish,
    bird,
    cat,
    ghost,
    robot,
    cup,
    potion,
    gem,
    key,
    sword,
    shield,
    crown,
    cake,
    lamp,
    dog,
    rabbit,
    owl,
    bear,
    butterfly,
    turtle,
    planet,
    airplane,
    pumpkin,
    snowman,
)
ADDED = (
    fox,
    pig,
    frog,
    penguin,
    duck,
    whale,
    octopus,
    snail,
    dragon,
    crab,
    ladybug,
    umbrella,
    gift,
    hat,
    book,
    candle,
    clock,
    bell,
    teapot,
    bus,
    train,
    truck,
    ufo,
    tent,
    lighthouse,
    ice_cream,
    donut,
    strawberry,
    guitar,
    moon,
)


def spoken(f):
    return "pine tree" if f is pine else f.__name__.replace("_", " ")


OBJECTS = {spoken(f): f for f in KNOWN + ADDED}
SPRITE = "forge sprite"
NEW_OBJECTS = {spoken(f) for f in ADDED}
NAMES = sorted(OBJECTS)

"""What the sample city's shops show: words in two languages, and pictures that are drawn when they are sown.

Invented shops; the last is the city's own. Never rows: those are proxeny/demo_shops.py's.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.ImageDraw import ImageDraw

SIZE: Final = (960, 480)


@dataclass(frozen=True, slots=True)
class Shop:
    """One business and what it shows; texts are (English, French)."""

    slug: str
    name: str
    title: tuple[str, str]
    text: tuple[str, str]
    about: tuple[str, str]
    hours: tuple[str, str]  # beside those of the week
    alt: tuple[str, str]
    address: str
    ground: str
    draw: Callable[[ImageDraw], None]
    weight: int = 1
    house: bool = False
    week: tuple[tuple[int, int] | None, ...] = ()  # from Monday: the hours from and until; None: closed
    sites: tuple[str, ...] = ()  # none: the whole city


def picture(shop: Shop) -> bytes:
    """PNG: a few shapes on a ground, drawn twice as large and made small, so that edges are smooth."""
    from PIL import Image, ImageDraw  # noqa: PLC0415  only the demo draws

    image = Image.new("RGB", (SIZE[0] * 2, SIZE[1] * 2), shop.ground)
    shop.draw(ImageDraw.Draw(image))
    out = io.BytesIO()
    image.resize(SIZE).save(out, "PNG")
    return out.getvalue()


def _bread(on: ImageDraw) -> None:
    on.ellipse((1180, -360, 2060, 520), fill="#f6d8a4")
    for at, colour in ((260, "#8a4b1f"), (620, "#a8602a"), (980, "#8a4b1f")):
        on.rounded_rectangle((at, 420, at + 620, 760), 170, fill=colour)
        for cut in range(3):
            left = at + 130 + cut * 130
            on.line((left, 500, left + 70, 640), fill="#f1c98b", width=34)
    on.rectangle((0, 760, 1920, 960), fill="#5b3216")


def _bicycle(on: ImageDraw) -> None:
    on.rectangle((0, 790, 1920, 960), fill="#1f5145")
    for centre in (640, 1280):
        on.ellipse((centre - 220, 380, centre + 220, 820), outline="#f4f1e8", width=30)
        on.ellipse((centre - 28, 572, centre + 28, 628), fill="#f4f1e8")
    for line in (
        (640, 600, 800, 300),
        (800, 300, 1160, 300),
        (1160, 300, 960, 610),
        (960, 610, 640, 600),
        (960, 610, 780, 260),
        (1280, 600, 1130, 220),
    ):
        on.line(line, fill="#ffb454", width=34)
    on.rounded_rectangle((690, 220, 860, 268), 24, fill="#f4f1e8")
    on.line((1130, 220, 1260, 200), fill="#f4f1e8", width=30)


def _plants(on: ImageDraw) -> None:
    on.ellipse((1320, 90, 1620, 390), fill="#ffe3b8")
    for at, height in ((330, 420), (870, 520), (1410, 380)):
        stem = 700 - height // 2
        on.line((at + 100, 700, at + 100, stem), fill="#2c6b3f", width=26)
        for leaf in (-1, 1):
            x = at + 100 + leaf * 95
            on.ellipse((x - 95, stem - 60, x + 95, stem + 90), fill="#3f8f56")
        on.ellipse((at + 20, stem - 180, at + 180, stem + 20), fill="#e8657a")
        on.polygon(((at, 680), (at + 200, 680), (at + 165, 860), (at + 35, 860)), fill="#b4553a")
    on.rectangle((0, 860, 1920, 960), fill="#7c3b2b")


def _lantern(on: ImageDraw) -> None:
    on.rectangle((0, 700, 1920, 960), fill="#123047")
    for at in range(0, 1920, 240):
        on.arc((at, 690, at + 240, 790), 200, 340, fill="#2c5f80", width=14)
    on.rectangle((930, 60, 990, 240), fill="#3b2a1a")
    on.polygon(((800, 240), (1120, 240), (1060, 340), (860, 340)), fill="#8c5a2b")
    on.rounded_rectangle((850, 340, 1070, 640), 40, fill="#ffd98a")
    on.ellipse((910, 430, 1010, 590), fill="#ff9f43")
    on.rectangle((840, 640, 1080, 690), fill="#8c5a2b")


def _stage(on: ImageDraw) -> None:
    for at, colour in ((360, "#3d5a9e"), (960, "#4c6cb5"), (1560, "#3d5a9e")):
        on.polygon(((at, 0), (at - 320, 800), (at + 320, 800)), fill=colour)
    on.rectangle((0, 800, 1920, 960), fill="#14213d")
    for at in range(80, 1920, 176):
        on.ellipse((at, 730, at + 120, 850), fill="#0d1730")
        on.rectangle((at - 20, 830, at + 140, 960), fill="#0d1730")
    on.ellipse((900, 470, 1020, 590), fill="#ffd166")
    on.rounded_rectangle((880, 590, 1040, 800), 50, fill="#ffd166")


SHOPS: Final = (
    Shop(
        "millers-oven",
        "Miller’s Oven",
        ("Bread from this morning", "Du pain de ce matin"),
        ("Sourdough, rye and cinnamon buns, two minutes from here.", "Levain, seigle et brioches à la cannelle, à deux minutes d’ici."),
        (
            "We bake every night, and sell until it is gone.\n\nEverything is made with flour from the county.",
            "Nous cuisons chaque nuit et vendons jusqu’à la dernière miche.\n\nTout est fait avec la farine du comté.",
        ),
        ("Closed in the first week of August", "Fermé la première semaine d’août"),
        ("Three loaves on a wooden board", "Trois miches sur une planche de bois"),
        "12 Mill Street",
        "#ecb765",
        _bread,
        week=(None, *[(7, 18)] * 5, (8, 13)),
        weight=2,
        sites=("arena", "central-library", "market-hall"),
    ),
    Shop(
        "chain-and-spoke",
        "Chain & Spoke",
        ("Flat tyre? Ready in an hour", "Une crevaison? Réparée en une heure"),
        (
            "Repairs while you read. Show this page for a free bell.",
            "On répare pendant que vous lisez. Une sonnette offerte avec cette page.",
        ),
        (
            "Repairs, used bicycles, and a pump outside that anyone may use.",
            "Réparations, vélos d’occasion, et une pompe libre devant la porte.",
        ),
        ("", ""),
        ("A bicycle, drawn in a few lines", "Un vélo dessiné en quelques traits"),
        "3 Station Square",
        "#2f7d6a",
        _bicycle,
        week=(*[(9, 19)] * 6, None),
        sites=("arena", "central-library", "ferry-terminal"),
    ),
    Shop(
        "three-pots",
        "Three Pots",
        ("Herbs for every windowsill", "Des herbes pour chaque rebord de fenêtre"),
        ("Basil, mint and thyme, in pots from this town.", "Basilic, menthe et thym, dans des pots de la ville."),
        ("Plants for small spaces, and advice that lasts.", "Des plantes pour petits espaces, et des conseils qui durent."),
        ("", ""),
        ("Three flowering plants in clay pots", "Trois plantes en fleurs dans des pots d’argile"),
        "27 Harbour Walk",
        "#f0a58f",
        _plants,
        week=(None, None, *[(10, 18)] * 5),
        sites=("arena", "central-library", "market-hall"),
    ),
    Shop(
        "harbour-lantern",
        "Harbour Lantern",
        ("Soup of the day, until it is gone", "La soupe du jour, tant qu’il y en a"),
        ("A bowl and bread for the price of a ferry ticket.", "Un bol et du pain pour le prix d’un billet de traversier."),
        (
            "A small café at the pier, with a stove in winter and a terrace in summer.",
            "Un petit café sur le quai, avec un poêle l’hiver et une terrasse l’été.",
        ),
        ("", ""),
        ("A lit lantern above dark water", "Une lanterne allumée au-dessus d’une eau sombre"),
        "Pier 2",
        "#1d4360",
        _lantern,
        week=((8, 20),) * 7,
        sites=("arena", "ferry-terminal", "market-hall"),
    ),
    Shop(
        "city-of-example",
        "City of Example",
        ("Free concert on Friday", "Concert gratuit vendredi"),
        (
            "In the library’s courtyard, at seven. Everyone is welcome.",
            "Dans la cour de la bibliothèque, à 19 h. Tout le monde est bienvenu.",
        ),
        ("What the city offers, in one place.", "Ce que la ville propose, en un seul endroit."),
        ("The courtyard opens at 18:30", "La cour ouvre à 18 h 30"),
        ("A singer on a stage, before an audience", "Une personne chante sur scène, devant un public"),
        "Library Square",
        "#26407a",
        _stage,
        house=True,
    ),
)

"""What people see of imported examples: small pictures from a folder, and texts, in the gallery and when they code."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result
from PIL import Image

import pietools
from pietools.annotation.coding import Coding
from pietools.errors import ImportFileError, StudyError
from pietools.gallery import found_examples
from pietools.report.gallery_page import gallery_page
from pietools.study import Category, Sample, Study
from tests.conftest import make_study, simulate

KEYS = ["val/a/1.JPG", "val/b/1.JPG", "two", "3"]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a picture of each of four examples, named by path, by name and by name without the ending."""
    folder = tmp_path / "pictures"
    for n, (name, mode, size) in enumerate(
        [
            ("val/a/1.JPG", "RGB", (200, 100)),
            ("val/b/1.JPG", "L", (40, 40)),
            ("deep/two.png", "RGBA", (96, 96)),
            ("3.webp", "RGB", (30, 300)),
        ]
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, (40 * n,) * len(mode)).save(path)
    (folder / "notes.txt").write_text("mine")
    return folder


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    """A table of four examples with labels, predictions and what they say."""
    path = tmp_path / "p.csv"
    pl.DataFrame(
        {
            "image": KEYS,
            "label": ["x", "y", "x", "y"],
            "prediction": ["x", "y", "x", "x"],
            "said": ["one", "two\nlines", None, "<b>four</b>"],
        }
    ).write_csv(path)
    return path


def test_pictures_and_texts_come_with_predictions(
    run: Callable[..., Result], predictions: Path, pictures: Path, tmp_path: Path
) -> None:
    """No side longer than 96 pixels, in the order of the examples; the same import again changes nothing."""
    command = ("import", predictions, "--db", tmp_path / "s.duckdb", "--dataset", "d", "--population", "dense")
    more = ("--images", pictures, "--texts", "said")
    for _ in range(2):
        done = run(*command, *more)
        assert done.exit_code == 0, done.output
        assert "d: pictures of 4 examples, for pietools gallery" in done.output
        assert "d: texts of 3 examples, for pietools gallery" in done.output
    said = json.loads(run(*command, "--json").output)
    assert (said["n_pictures"], said["n_texts"]) == (4, 3)
    with Study.open(tmp_path / "s.duckdb", read_only=True) as study:
        sizes = [Image.open(BytesIO(png)).size for png in study.thumbnails("d")]
        assert sizes == [(96, 48), (40, 40), (96, 96), (10, 96)]
        assert Image.open(BytesIO(study.thumbnails("d", [2])[0])).getpixel((5, 5)) == (80, 80, 80, 80)
        assert study.texts("d") == {0: "one", 1: "two\nlines", 3: "<b>four</b>"}
        assert study.texts("d", [3]) == {3: "<b>four</b>"}


def test_pictures_are_as_people_see_them(predictions: Path, tmp_path: Path) -> None:
    """Turned as the camera says, sixteen bits in gray, without a profile of colours that is larger than the picture."""
    folder = tmp_path / "pictures"
    for key in KEYS[:2]:
        (folder / key).parent.mkdir(parents=True)
    turned = Image.new("RGB", (60, 30), (10, 20, 30))
    exif = turned.getexif()
    exif[0x0112] = 6  # a quarter turn
    turned.save(folder / KEYS[0], exif=exif)
    Image.new("L", (20, 20)).save(folder / KEYS[1])
    deep = np.linspace(0, 4000, 900).reshape(30, 30).astype(np.uint16)
    Image.fromarray(deep).save(folder / "two.png")
    Image.new("RGB", (40, 40)).save(folder / "3.png", icc_profile=bytes(200_000))
    with Study.create(tmp_path / "s.duckdb") as study:
        pietools.import_predictions(study, predictions, dataset="d", population="dense", images=folder)
        found = study.thumbnails("d")
    pictures = [Image.open(BytesIO(png)) for png in found]
    assert pictures[0].size == (30, 60)
    assert np.asarray(pictures[2]).std() > 50
    assert all(len(png) < 5_000 for png in found)


def test_texts_that_are_asked_for_are_kept_or_refused(predictions: Path, tmp_path: Path) -> None:
    """Never passed over: others than are stored, and of a file that has no columns."""
    with Study.create(tmp_path / "s.duckdb") as study:
        pietools.import_predictions(study, predictions, dataset="d", population="dense", texts="said")
        with pytest.raises(StudyError, match="has other texts"):
            pietools.import_predictions(study, predictions, dataset="d", population="more", texts="label")
        np.savez(tmp_path / "p.npz", predictions=np.array([0, 1, 0, 0]), labels=np.array([0, 1, 0, 1]))
        with pytest.raises(ImportFileError, match="is no table: --texts names a column"):
            pietools.import_predictions(study, tmp_path / "p.npz", dataset="e", population="dense", texts="said")


def test_what_is_no_picture_of_its_own_is_said(predictions: Path, pictures: Path, tmp_path: Path) -> None:
    """A missing one, one of two names, a damaged one, a bomb, no folder: nothing is stored then."""

    def refused(expected: str) -> None:
        with Study.open_or_create(tmp_path / "s.duckdb") as study:
            with pytest.raises(ImportFileError, match=expected):
                pietools.import_predictions(study, predictions, dataset="d", population="dense", images=pictures)
            assert study.populations().height == 0

    (pictures / "deep" / "3.png").write_bytes(b"no picture")
    (pictures / "3.webp").rename(pictures / "three.webp")
    refused("3.png is no picture that can be read")
    (pictures / "other").mkdir()
    (pictures / "three.webp").rename(pictures / "other" / "3.webp")
    refused("1 of 4 examples have no picture of their own; the first, '3', is the name of 2 pictures")
    (pictures / "deep" / "3.png").unlink()
    (pictures / "deep" / "two.png").unlink()
    refused("1 of 4 examples have no picture of their own; the first, 'two', has none")
    Image.new("1", (20_000, 10_000)).save(pictures / "two.png")
    refused("two.png is no picture that can be read: Image size .* exceeds limit")
    with (
        Study.open_or_create(tmp_path / "t.duckdb") as study,
        pytest.raises(ImportFileError, match="is no folder of pictures"),
    ):
        pietools.import_predictions(study, predictions, dataset="d", population="dense", images=predictions)


def test_other_texts_are_refused_and_a_copy_has_those_of_its_source(toy: Study) -> None:
    """As pictures are."""
    assert toy.add_texts("toy/test", {0: "a", 2: "b", 3: " "})
    assert not toy.add_texts("toy/test", {2: "b", 0: "a"})
    with pytest.raises(StudyError, match="has other texts"):
        toy.add_texts("toy/test", {0: "a"})
    with pytest.raises(StudyError, match="has 6 examples, found a text of example 6"):
        toy.add_texts("toy/test", {6: "a"})
    assert toy.texts() == {0: "a", 2: "b"}


def test_items_of_language_models_bring_their_texts(tmp_path: Path) -> None:
    """lm-evaluation-harness: the last question and its choices; Inspect: the last message and its choices."""
    shots = "Q: 1+1?\nA: 2\n\n"
    rows = [
        {
            "doc_id": n,
            "target": "1",
            "filtered_resps": [["-1.5", "False"], ["-0.5" if n != 1 else "-2.5", "False"]],
            "acc": 1.0 if n != 1 else 0.0,
            "arguments": {f"gen_args_{k}": {"arg_0": f"{shots}Q: {n}+1?\nA:", "arg_1": f" {n + k}"} for k in range(2)},
        }
        for n in range(4)
    ]
    path = tmp_path / "samples_sums_2026-01-01T00-00-00.000000.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    log = {
        "status": "success",
        "eval": {"task": "sums"},
        "samples": [
            {
                "id": n,
                "epoch": 1,
                "input": [{"role": "user", "content": f"{n}+1?"}],
                "choices": ["a", "b"],
                "target": "A",
                "scores": {"choice": {"value": "C", "answer": "A"}},
            }
            for n in range(4)
        ],
    }
    (tmp_path / "log.json").write_text(json.dumps(log), encoding="utf-8")
    with Study.create(tmp_path / "s.duckdb") as study:
        pietools.import_predictions(study, path, dataset="sums", population="dense")
        assert study.texts("sums")[2] == "Q: 2+1?\nA:\n– 2\n– 3"
        pietools.import_predictions(
            study, tmp_path / "log.json", dataset="inspect", population="dense", accept_chance=True
        )
        assert study.texts("inspect")[3] == "3+1?\n– a\n– b"


def test_the_gallery_shows_texts_and_properties_where_there_is_no_picture(tmp_path: Path) -> None:
    """As text, whatever it says; and examples on which networks never agreed, those without a majority on both sides."""
    labels, populations = simulate(3, n_networks=20, damage=2.0)
    with make_study(tmp_path / "s.duckdb", labels, populations) as study:
        study.add_texts("toy/test", {n: f"</script><b>text {n}" for n in range(len(labels))})
        study.add_property("toy/test", "length", np.arange(len(labels)) / 7)
        study.add_property("toy/test", "kind", np.array(["=A1", "b"])[np.arange(len(labels)) % 2])
        pietools.analyze(study, topics=["accuracy", "flips", "examples"], permutations=20)
        found = found_examples(study, most=500)
        sample = Sample("toy/test", "dense", "pruned", 0, (Category("odd", "?"),), ((0, 1),))
        study.add_sample(sample)
        coding = Coding(study, study.samples()[0], "anna")
        assert {coding.item(place)["text"] for place in range(2)} == {"</script><b>text 0", "</script><b>text 1"}
    strip = next(one for one in found if one.kind == "never agreed")
    keys = {f"e{n}": n for n in range(len(labels))}
    shares = {
        name: np.array([np.bincount(side[:, n]).max() for n in range(len(labels))]) / 20
        for name, side in populations.items()
    }
    expected = np.flatnonzero((shares["dense"] <= 0.5) & (shares["pruned"] <= 0.5))
    assert {keys[entry.key] for entry in strip.entries} == set(expected)
    entry = strip.entries[0]
    assert entry.text == f"</script><b>text {keys[entry.key]}"
    assert dict(entry.properties)["length"] == keys[entry.key] / 7
    page = gallery_page("s", found)
    assert "<b>text" not in page
    assert f"&lt;/script&gt;&lt;b&gt;text {keys[entry.key]}" in page
    assert "kind =A1" in page

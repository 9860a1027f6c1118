"""What did the pruned networks forget? A marimo notebook: marimo edit docs/examples/forgotten_marimo.py"""

import marimo

app = marimo.App(width="medium")


@app.cell
def _():
    import marimo as mo

    import pietools

    study = pietools.open("demo/study.duckdb", read_only=True)  # what `pietools demo --out demo` made
    return mo, pietools, study


@app.cell
def _(study):
    study.summary()  # the answer of the last analysis: sentences, a table, figures
    return


@app.cell
def _(mo, study):
    names = study.populations().filter(role="compressed")["name"].to_list()
    chosen = mo.ui.dropdown(names, value=names[0], label="Compressed")
    chosen
    return (chosen,)


@app.cell
def _(chosen, pietools, study):
    hit = study.sql(
        "select example_id, key, estimate, p_adjusted from results.examples_changes "
        "where compressed = ? and finding = 'hit' order by estimate limit 12",
        [chosen.value],
    )
    rows = study.results("examples_changes").filter(compressed=chosen.value)
    volcano = pietools.charts.volcano(rows)
    return hit, volcano


@app.cell
def _(hit):
    hit  # those that lost most
    return


@app.cell
def _(volcano):
    volcano
    return


@app.cell
def _(hit, mo, study):
    pictures = study.thumbnails(examples=hit["example_id"].to_list())
    mo.hstack([mo.image(picture, width=84) for picture in pictures], wrap=True)
    return


if __name__ == "__main__":
    app.run()

"""Writes generated files, and what pandas, openpyxl and Python's own csv and json read of them.

    python3 peers.py OUT [--count 2000] [--seed 1]

In OUT there are then folders csv, json and xlsx with files, and in each expected.jsonl with a line for each file:
{"file", "options", "names", "rows": [[cell]], "guessed": {"names", "types", "rows"} or {"error"}}. A cell is null or [kind, text] with the
kinds of the source: s string, n number (its digits), b truth, j nested, t moment, c time of day.
"""

import argparse
import csv
import datetime
import io
import json
import math
import os
import random
import string
import warnings

import openpyxl
import pandas

warnings.filterwarnings("ignore")

WORDS = ["NA", "N/A", "null", "None", "nan", "NaN", "inf", "-inf", "Infinity", "?", "-", "", "#N/A", "NULL", "n/a", "<NA>", "\\N"]
ODD = ["007", "+5", "-0", "1_000", "0x1A", ".5", "5.", "1e5", "1E5", "1,5", "1.234,50", "$5", "12%", "1e400", "12345678901234567890",
       "NO", "yes", "T", "Y", "on", "01/02/2024", "13.02.2024", "2024-1-2", "2024-02-30", "12:30", "24:00:00", "0001-02-03", "infinity",
       "epoch", "today", " 5", "5 ", "'", "=1+1", "@x", "1 000", "\u0661\u0662", "1\u00a0000", "0.1.2", "--", "1-2-3", "٣", "½"]
TEXTS = ["a", "b c", "größe", "日本", "👍", "a,b", "a;b", "a|b", "a\tb", 'say "x"', "line\nbreak", "a\r\nb", "'quoted'", '"', "é\u0301", "{\"a\":1}", "# no comment"]


def text(rng):
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(TEXTS)
    if kind < 0.6:
        return rng.choice(ODD)
    return "".join(rng.choice(string.ascii_letters + string.digits + " .,-_/") for _ in range(rng.randint(1, 12)))


def moment(rng, most=9999):
    return datetime.datetime(rng.randint(1905 if most < 9999 else 1000, most), rng.randint(1, 12), rng.randint(1, 28),
                             rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))


def double(rng):
    return rng.choice([
        lambda: rng.randint(-1000, 1000) / 8,
        lambda: rng.uniform(-1e6, 1e6),
        lambda: rng.uniform(-1, 1) * 10.0 ** rng.randint(-300, 300),
        lambda: rng.choice([5e-324, 1.7976931348623157e308, -0.0, 0.1, 1e16, 1e-5, 2.0 ** 53, 123456789012345.67]),
    ])()


def integer(rng):
    return rng.choice([
        lambda: rng.randint(-100, 100),
        lambda: rng.randint(2 ** 53 - 3, 2 ** 53 + 3),
        lambda: rng.randint(-(2 ** 63), 2 ** 63 - 1),
        lambda: rng.randint(2 ** 63 - 2, 2 ** 64 + 2) if rng.random() < 0.2 else rng.randint(0, 9),
    ])()


def column(rng, rows):
    """A column as its texts in a CSV: some kind, some missing, rarely something else among them."""
    kind = rng.choice(["integer", "double", "decimal", "boolean", "day", "moment", "clock", "text", "word", "odd", "comma"])
    places = rng.randint(1, 6)
    boolean = rng.choice([("true", "false"), ("True", "False"), ("TRUE", "FALSE"), ("yes", "no"), ("T", "F"), ("0", "1")])
    day = rng.choice(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d"])
    style = rng.choice([" ", "T"])
    zone = rng.choice(["", "", "Z", "+00:00", "+02:00"])
    fraction = rng.choice([0, 0, 3, 6, 7])
    bare = rng.random() < 0.5
    make = {
        "integer": lambda: str(integer(rng)),
        "double": lambda: (lambda value: "%g" % value if bare else repr(value))(double(rng)),
        "decimal": lambda: "%.*f" % (places, rng.uniform(-1e6, 1e6)),
        "boolean": lambda: rng.choice(boolean),
        "day": lambda: moment(rng).strftime(day),
        "moment": lambda: moment(rng).strftime("%Y-%m-%d" + style + "%H:%M:%S")
        + ("." + "".join(rng.choice(string.digits) for _ in range(fraction)) if fraction else "") + zone,
        "clock": lambda: moment(rng).strftime("%H:%M:%S"),
        "text": lambda: text(rng),
        "word": lambda: rng.choice(WORDS),
        "odd": lambda: rng.choice(ODD),
        "comma": lambda: "%d,%02d" % (rng.randint(-99, 99), rng.randint(0, 99)),
    }[kind]
    missing = rng.choice([0, 0, 0.1, 0.5])
    word = rng.choice(["", "", "", "NA", "?", "null"])
    other = rng.choice([0, 0, 0, 0.05])
    return [word if rng.random() < missing else text(rng) if rng.random() < other else make() for _ in range(rows)]


def names(rng, count):
    pool = ["id", "name", "größe", "a b", "x.y", "select", "Total", "date", "π", "c1", "c2", "it's", "UPPER", "lower", "1st"]
    found = rng.sample(pool, count)
    if count > 1 and rng.random() < 0.05:
        found[-1] = rng.choice([found[0], found[0].upper(), ""])
    return found


def plain(value):
    """A value of pandas for JSON."""
    if value is None or value is pandas.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return ["b", "true" if value else "false"]
    if isinstance(value, (datetime.datetime, datetime.date)):
        return ["t", value.isoformat()]
    if isinstance(value, datetime.time):
        return ["c", value.isoformat()]
    if isinstance(value, str):
        return ["s", value]
    if isinstance(value, (list, dict)):
        return ["j", json.dumps(value)]
    return ["n", repr(value.item() if hasattr(value, "item") else value)]


def guessed(read):
    try:
        frame = read()
        return {
            "names": [str(name) for name in frame.columns],
            "types": [str(kind) for kind in frame.dtypes],
            "rows": [[plain(value) for value in row] for row in frame.astype(object).values.tolist()],
        }
    except Exception as error:
        return {"error": "%s: %s" % (type(error).__name__, error)}


def write_csv(rng, path):
    rows = rng.choice([0, 1, 2, 3, 5, 8, 20, 40])
    width = rng.randint(1, 6)
    header = names(rng, width)
    columns = [column(rng, rows) for _ in header]
    delimiter = rng.choice([",", ",", ";", "\t", "|"])
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    end = rng.choice(["\n", "\r\n"])
    said = rng.random() < 0.5
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(header)
    writer.writerows(zip(*columns))
    content = out.getvalue()
    if rng.random() < 0.2 and not content.endswith('"' + end):
        content = content[: -len(end)]
    data = content.encode("utf-8-sig" if rng.random() < 0.1 else "utf-8")
    with open(path, "wb") as file:
        file.write(data)
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))
    return {
        "options": {"delimiter": delimiter} if said else {},
        "names": read[0],
        # Python gives a line without a field no field.
        "rows": [[["s", cell] for cell in (row or [""])] for row in read[1:]],
        "guessed": guessed(lambda: pandas.read_csv(path, sep=delimiter, encoding="utf-8-sig")),
    }


class Digits(str):
    """A number as it is written."""


def json_value(rng, kind):
    return {
        "integer": lambda: Digits(integer(rng)),
        "double": lambda: Digits(repr(double(rng))),
        "javascript": lambda: Digits(rng.choice(["1e-7", "1e21", "0.5", "3", "-7", "1.5E3", "2.50", "100"])),
        "boolean": lambda: rng.random() < 0.5,
        "day": lambda: moment(rng).strftime("%Y-%m-%d"),
        "moment": lambda: moment(rng).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "text": lambda: text(rng),
        "odd": lambda: rng.choice(ODD + WORDS),
        "nested": lambda: rng.choice([[1, 2.5, None], {"a": [True, "x"]}, [], {}, {"k": "ü\n"}]),
    }[kind]()


def json_text(rng, value, ascii_only):
    if isinstance(value, Digits):
        return str(value)
    return json.dumps(value, ensure_ascii=ascii_only, separators=rng.choice([(",", ":"), (", ", ": ")]))


def json_cell(value):
    if value is None:
        return None
    if isinstance(value, Digits):
        return ["n", str(value)]
    if isinstance(value, bool):
        return ["b", "true" if value else "false"]
    if isinstance(value, str):
        return ["s", value]
    return ["j", json.dumps(value)]


def write_json(rng, path):
    rows = rng.choice([1, 2, 3, 5, 8, 20])
    header = [name for name in names(rng, rng.randint(1, 6))]
    header = list(dict.fromkeys(header))
    kinds = [rng.choice(["integer", "double", "javascript", "boolean", "day", "moment", "text", "odd", "nested"]) for _ in header]
    missing = [rng.choice([0, 0, 0.3]) for _ in header]
    mixed = [rng.choice([0, 0, 0, 0.2]) for _ in header]
    ascii_only = rng.random() < 0.5
    table = []
    for _ in range(rows):
        row = {}
        for name, kind, absent, other in zip(header, kinds, missing, mixed):
            if rng.random() < absent:
                if rng.random() < 0.5:
                    row[name] = None
                continue
            row[name] = json_value(rng, rng.choice(["text", "integer", "boolean"]) if rng.random() < other else kind)
        table.append(row)
    if not any(table):
        table[0] = {header[0]: None}
    objects = ["{" + ", ".join(json.dumps(name, ensure_ascii=ascii_only) + ": " + json_text(rng, value, ascii_only) for name, value in row.items()) + "}" for row in table]
    lines = path.endswith(".jsonl")
    content = "\n".join(objects) if lines else "[" + ",\n".join(objects) + "]"
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(content)
    # What Python reads, and not what was meant to be written.
    def digits(text):
        return Digits(text)
    read = [json.loads(one, parse_int=digits, parse_float=digits) for one in (content.split("\n") if lines else [])]
    if not lines:
        read = json.loads(content, parse_int=digits, parse_float=digits)
    found = list(dict.fromkeys(name for row in read for name in row))
    def nested(value):
        if isinstance(value, Digits):
            return float(value) if any(c in value for c in ".eE") else int(value)
        if isinstance(value, list):
            return [nested(one) for one in value]
        if isinstance(value, dict):
            return {key: nested(one) for key, one in value.items()}
        return value
    return {
        "options": {},
        "names": found,
        "rows": [[json_cell(nested(row.get(name)) if isinstance(row.get(name), (list, dict)) else row.get(name)) for name in found] for row in read],
        "guessed": guessed(lambda: pandas.read_json(path, lines=lines)),
    }


def excel_value(rng, kind):
    return {
        "integer": lambda: integer(rng),
        "double": lambda: double(rng),
        "boolean": lambda: rng.random() < 0.5,
        "day": lambda: moment(rng, 2100).replace(hour=0, minute=0, second=0),
        "moment": lambda: moment(rng, 2100).replace(microsecond=rng.choice([0, 0, 250000, 123000])),
        "clock": lambda: datetime.time(rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59)),
        "text": lambda: text(rng).replace("\r", ""),
        "odd": lambda: rng.choice([word for word in ODD + WORDS if word and not word.startswith("=")]),
    }[kind]()


def excel_cell(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return ["b", "true" if value else "false"]
    if isinstance(value, datetime.datetime):
        return ["t", value.isoformat()]
    if isinstance(value, datetime.time):
        return ["c", value.isoformat()]
    if isinstance(value, (int, float)):
        return ["n", repr(value)]
    return ["s", str(value)]


def write_xlsx(rng, path):
    rows = rng.choice([1, 2, 3, 5, 8, 20])
    header = names(rng, rng.randint(1, 6))
    kinds = [rng.choice(["integer", "double", "boolean", "day", "moment", "clock", "text", "odd"]) for _ in header]
    missing = [rng.choice([0, 0, 0.3]) for _ in header]
    mixed = [rng.choice([0, 0, 0, 0.2]) for _ in header]
    book = openpyxl.Workbook()
    if rng.random() < 0.1:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    sheet.append(header)
    for _ in range(rows):
        values = []
        for kind, absent, other in zip(kinds, missing, mixed):
            value = excel_value(rng, rng.choice(["text", "integer", "boolean"]) if rng.random() < other else kind)
            values.append(None if rng.random() < absent else value)
        sheet.append([value if not isinstance(value, str) or not value.startswith("=") else "'" + value for value in values])
    book.save(path)
    read = [list(row) for row in openpyxl.load_workbook(path, data_only=True).active.iter_rows(values_only=True)]
    return {
        "options": {},
        "names": ["" if name is None else str(name) for name in read[0]],
        "rows": [[excel_cell(value) for value in row] for row in read[1:]],
        "guessed": guessed(lambda: pandas.read_excel(path)),
    }


WRITERS = {
    "csv": (write_csv, lambda number: "csv"),
    "json": (write_json, lambda number: "jsonl" if number % 2 else "json"),
    "xlsx": (write_xlsx, lambda number: "xlsx"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name, (write, end) in WRITERS.items():
        folder = os.path.join(options.out, name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "expected.jsonl"), "w", encoding="utf-8") as out:
            for number in range(options.count):
                rng = random.Random("%s %s %s" % (options.seed, name, number))
                file = "%04d.%s" % (number, end(number))
                expected = write(rng, os.path.join(folder, file))
                out.write(json.dumps({"file": file, **expected}, ensure_ascii=False) + "\n")
    with open(os.path.join(options.out, "peers.json"), "w", encoding="utf-8") as out:
        json.dump({"pandas": pandas.__version__, "openpyxl": openpyxl.__version__, "seed": options.seed, "count": options.count}, out)


main()

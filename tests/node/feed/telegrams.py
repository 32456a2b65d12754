"""Telegrams made up for a test, and the JMA's own by their short names."""

from pathlib import Path

from node.feed.item import Item
from node.feed.reading import read


def telegram(
    *,
    title: str = "府県気象情報",
    head_title: str = "大雨に関する香川県気象情報",
    status: str = "通常",
    info_type: str = "発表",
    event: str = "",
    serial: str = "",
    office: str = "高松地方気象台",
    reported: str = "2026-07-01T10:00:00+09:00",
    sent: str = "2026-07-01T01:00:10Z",
    headline: str = "香川県では大雨に注意してください。",
    information: str = "",
    body: str = "",
    body_of: str = "meteorology1",
) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/">
<Control>
<Title>{title}</Title>
<DateTime>{sent}</DateTime>
<Status>{status}</Status>
<EditorialOffice>{office}</EditorialOffice>
<PublishingOffice>{office}</PublishingOffice>
</Control>
<Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/">
<Title>{head_title}</Title>
<ReportDateTime>{reported}</ReportDateTime>
<TargetDateTime>{reported}</TargetDateTime>
<EventID>{event}</EventID>
<InfoType>{info_type}</InfoType>
<Serial>{serial}</Serial>
<Headline><Text>{headline}</Text>{information}</Headline>
</Head>
<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/{body_of}/">{body}</Body>
</Report>""".encode()


def warnings(*kinds: tuple[str, str, str], region: str = "370000", town: str = "高松市") -> str:
    """The body of a warning: (name, code, status) of each kind, for a region and one town."""
    said = "".join(
        "<Kind>"
        + (f"<Name>{name}</Name><Code>{code}</Code>" if name else "")
        + f"<Status>{status}</Status></Kind>"
        for name, code, status in kinds
    )
    return "".join(
        f'<Warning type="気象警報・注意報（{part}）"><Item>{said}'
        f"<Area><Name>{name}</Name><Code>{code}</Code></Area></Item></Warning>"
        for part, name, code in (
            ("府県予報区等", "香川県", region),
            ("市町村等", town, "3720100"),
        )
    )


def record(content: bytes, name: str = "telegram.xml") -> Item:
    taken = read(name, content)
    assert len(taken.items) == 1
    return taken.items[0]


def sample(shared_data: Path, name: str) -> Item:
    """The JMA's sample or real telegram whose file name holds `name`."""
    (path,) = [path for path in (shared_data / "jma-xml").rglob("*.xml") if name in path.name]
    return record(path.read_bytes(), path.name)


def last_word(*items: Item) -> Item:
    """What is shown of the telegrams with one key."""
    assert len({item.outside.key for item in items}) == 1
    return max(items, key=lambda item: item.outside.order)

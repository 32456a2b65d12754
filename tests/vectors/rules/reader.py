"""Works out every example beside it from docs/spec: what machines make of what the decoder reads.

Like the decoder it uses nothing of the implementation.
"""

from base64 import b32encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from typing import Any

from cbor2 import dumps, load, loads
from pycose.exceptions import CoseException

from tests.vectors.decoder import KEY, LIFE, MALFORMED, MANY, REST, SHORT, decode, verify
from tests.vectors.decoder import read as decoded
from tests.vectors.kit import notation
from tests.vectors.rules import columns, pictures, sealing

MARK = bytes.fromhex("8a4b524e")
CNF, ROLE, TOWNS, CLASSES, AUDIENCES, COUNTER, LIVES, VOUCHER = 8, *range(-65537, -65544, -1)
# The rank that a role has, class by class.
RANKS = {"office": "22222", "node": "10110", "feed": "02010", "hub": "00000", "enrolment": "00000"}
WHOM = dict.fromkeys(("town", "keys", "name"), "whom")
OUTSIDE = ("serial", "issued", "sent", "cancels", "digest")


class Refused(Exception):
    """A rule of the spec is broken: the message is its name."""


def need(holds: Any, why: str) -> None:
    if not holds:
        raise Refused(why)


def hashed(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def _named(lane: Any) -> int:
    """The class that a certificate names for it: pictures go with boards."""
    return 4 if lane[4] == 6 else int(lane[4])


def is_open(lane: Any) -> bool:
    """Whether a town that subscribes takes it."""
    return lane[4] in (1, 4, 6) and lane[5] == 2


def lane_id(lane: Any) -> bytes:
    return hashed(b"kairan/1 lane", dumps(lane))


def bundle(data: bytes) -> dict[str, Any]:
    """What follows from it; nothing where it isn't signed by whom it says."""
    try:
        return decode("bundle", data, {})
    except CoseException:
        return {}


def branch_id(lane: bytes, number: int, head: bytes) -> bytes:
    return hashed(b"kairan/1 branch", lane, dumps(number), head)


def shown(value: Any) -> Any:
    """Bytes as hex."""
    if type(value) in (list, tuple):
        return [shown(item) for item in value]
    return value.hex() if type(value) is bytes else value


# ---------------------------------------------------------------- who may do what


def kin(said: Any) -> list[Any]:
    """Of a fork proof: its lane without the random part."""
    lane = said[2][2]
    return [*lane[:3], *lane[4:]]


def voucher_of(kind: str, content: Any) -> Any:
    """Signer, type and payload of a certificate that comes inside of a statement."""
    key = {"kairan-certificate": VOUCHER, "kairan-confirmation": 4}.get(kind)
    return decode("statement", content[key], {})["value"] if key and key in content else None


class Trust:
    """The statements that are held; each counts in the towns where it has a say now."""

    def __init__(self, authorities: dict[str, list[str]]) -> None:
        self.authorities = {
            town: [bytes.fromhex(key) for key in keys] for town, keys in authorities.items()
        }
        self.taken: dict[str, list[bytes]] = {}  # of towns that ours subscribe to: keys
        self.held: list[tuple[bytes, str, Any, bytes]] = []

    @property
    def known(self) -> dict[str, list[bytes]]:
        return self.taken | self.authorities

    def state(self, data: bytes) -> str:
        """Take a statement in. What type it is."""
        try:
            if data[1:13] == dumps("kairan fork"):
                content = decode("fork proof", data, {})["value"]
                signer, kind = content[2][1], "kairan fork"
            else:
                signer, kind, content = decode("statement", data, {})["value"]
        except CoseException as why:
            raise Refused("signature") from why
        except MALFORMED as why:
            raise Refused("malformed") from why
        said = signer, kind, content, data
        if said not in self.held:
            self.held.append(said)
            if not self._towns(*said):
                self.held.remove(said)
                had = {key for town in self.authorities for key in self.steps(town)[2]}
                if (inside := voucher_of(kind, content)) is not None:
                    had |= {key for town in self.known for key in self.steps(town)[0]}
                    signer = inside[0]
                other = "revoked" if signer in had else "foreign"
                if kind == "kairan-register":
                    other = "town" if content[2] in self.authorities else "foreign"
                raise Refused(other)
        if kind == "kairan fork":  # of lanes that differ in their random part one proof
            alike = [one for one in self.held if one[1] == kind and kin(one) == kin(said)]
            least = min(alike, key=lambda one: hashed(one[3]))
            self.held = [one for one in self.held if one not in alike or one is least]
        return str(kind)

    def steps(self, town: str) -> tuple[list[bytes], list[bytes], set[bytes]]:
        """The keys that speak for a town, the steps that made it so, and the keys that did."""
        speak, steps, rank = [], [], dict[bytes, tuple[int, int]]()
        had = {*self.known[town]}
        for place, key in reversed([*enumerate(self.known[town])]):
            rank[key] = place, 0
            while True:
                words = [
                    (rank[signer], content[3], data, content[2])
                    for signer, kind, content, data in self.held
                    if kind == "kairan-authority" and content[1] == key and content[2] not in had
                    if signer == key or rank.get(signer, (0, 0))[0] > place
                ]
                if not words:
                    break
                *_, data, new = max(words)
                rank[new] = place, rank[key][1] + 1
                steps.append(data)
                had.add(new)
                key = new
            speak.append(key)
        return speak, steps, had - {*speak}

    def _towns(self, signer: bytes, kind: str, content: Any, data: bytes) -> set[str]:
        if kind == "kairan-authority":
            return {town for town in self.known if data in self.steps(town)[1]}
        signed = {town for town in self.known if signer in self.steps(town)[0]}
        if (inside := voucher_of(kind, content)) is not None:
            by, _, above = inside
            towns = {*above[TOWNS]}
            named = {town for town in towns if self._revocation(town, signer)}
            signed = {town for town in self.known if by in self.steps(town)[0]}
            if kind == "kairan-confirmation":
                return towns - named if towns <= signed else set()
            other = self._confirmed(signer) not in (None, content[CNF][1][-2])
            return set() if other or named or not towns <= signed else towns
        if kind == "kairan-certificate":
            return {*content[TOWNS]} if {*content[TOWNS]} <= signed else set()
        if kind == "kairan fork":
            try:
                certified = {content[2][0]} if self.may(content[2]) else set()
            except Refused:
                certified = set()
            inside = content[2][0] in self.taken and not is_open(content[2])
            return set() if inside else certified
        if kind == "kairan-register":
            certified = {t for c in self.claims(signer) for t in c[TOWNS]}
            ours = {content[2]} & {*self.authorities} & certified
            return {t for t in ours if not self._revocation(t, signer)}
        return signed

    def counting(self, kind: str) -> list[tuple[set[str], Any, bytes]]:
        of_kind = [said for said in self.held if said[1] == kind]
        return [(towns, said[2], said[3]) for said in of_kind if (towns := self._towns(*said))]

    def subscribe(self, taken: dict[str, list[bytes]]) -> None:
        """From now on; statements that have no say any more go."""
        self.taken = taken
        self.held = [said for said in self.held if self._towns(*said)]

    def _confirmed(self, seed: bytes) -> Any:
        """Which of a seed's children an office says it is."""
        said = self.counting("kairan-confirmation")
        named = [(content[3], data, content[2]) for _, content, data in said if content[1] == seed]
        return max(named)[2] if named else None

    def _children(self, seed: bytes) -> set[bytes]:
        return {
            content[CNF][1][-2]
            for signer, kind, content, data in self.held
            if signer == seed
            and kind == "kairan-certificate"
            and VOUCHER in content
            and self._towns(signer, kind, content, data)
            if not any(self._revocation(town, content[CNF][1][-2]) for town in content[TOWNS])
        }

    def claims(self, key: bytes) -> list[Any]:
        found = []
        for _, claims, _ in self.counting("kairan-certificate"):
            if claims[CNF][1][-2] == key:
                inside = voucher_of("kairan-certificate", claims)
                if inside and len(self._children(inside[2][CNF][1][-2])) > 1:
                    claims = claims | {CLASSES: [4] if 4 in claims[CLASSES] else []}
                found.append(claims)
        return found

    def may(self, lane: Any) -> bool:
        """False where it waits: no certificate of the author is held."""
        taken = lane[0] in self.taken and is_open(lane)
        need(lane[0] in self.authorities or taken, "foreign")
        left = self.claims(lane[1])
        if not left:
            return False
        said = (
            ("town", TOWNS, lane[0]),
            ("class", CLASSES, _named(lane)),
            ("audience", AUDIENCES, lane[5]),
        )
        for why, claim, value in said:
            left = [claims for claims in left if value in claims[claim]]
            need(left, why)
        need(any(lane[2] <= claims[LIVES] for claims in left), "incarnation")
        return True

    def rank(self, lane: Any) -> int:
        class_ = _named(lane)
        here = [c for c in self.claims(lane[1]) if lane[0] in c[TOWNS] and class_ in c[CLASSES]]
        return max((int(RANKS[claims[ROLE]][class_ - 1]) for claims in here), default=0)

    def is_office(self, key: bytes, town: str) -> bool:
        return any(c[ROLE] == "office" and town in c[TOWNS] for c in self.claims(key))

    def heirs(self, key: bytes, town: str) -> set[bytes]:
        """Its successors in a town, theirs, and so on."""
        named = [c for towns, c, _ in self.counting("kairan-successor") if town in towns]
        found = {key}
        for _ in named:
            found |= {content[2] for content in named if content[1] in found}
        return found - {key}

    def _revocation(self, town: str, key: bytes) -> Any:
        found = [
            (content[2], data, content)
            for towns, content, data in self.counting("kairan-revocation")
            if town in towns and content[1] == key
        ]
        return max(found)[2] if found else None

    def cut(self, lane: Any) -> tuple[int, bytes] | None:
        """Up to where a lane holds; None: all of it."""
        try:
            if not self.may(lane):
                return 0, b""
        except Refused:
            return 0, b""
        revocation = self._revocation(lane[0], lane[1])
        if revocation is None:
            return None
        named = [(number, head) for cut, number, head in revocation[3] if cut == lane]
        return named[0] if named else (0, b"")


def trust(given: Any) -> Trust:
    """What these statements come to; those of nobody's authority to nothing."""
    found = Trust(given["authorities"])
    for data in given["statements"]:
        try:
            found.state(bytes.fromhex(data))
        except Refused:
            continue
    return found


def permission(lane: Any, given: Any) -> Any:
    known = trust(given)
    return {"rank": known.rank(lane)} if known.may(lane) else {"waiting": True}


# ---------------------------------------------------------------- what is held


class Lane:
    """Its entries by their heads: where two follow one, its histories part."""

    def __init__(self, lane: Any) -> None:
        self.lane = lane
        self.id = lane_id(lane)
        self.number = {self.id: 0}
        self.before: dict[bytes, bytes] = {}
        self.bare: set[bytes] = set()  # without their payloads

    def history(self, head: bytes) -> list[bytes]:
        """The heads from number 1 to that one."""
        return [] if head == self.id else [*self.history(self.before[head]), head]

    def standing(self, cut: tuple[int, bytes] | None) -> list[list[bytes]]:
        """Its histories, as far as a cut leaves them: each by its heads from number 1 on."""
        every = [*map(self.history, self.before.keys() - {*self.before.values()})]
        if cut and self.number.get(cut[1]) == cut[0]:
            every = [self.history(cut[1])]
        elif cut:
            every = [history[: max(0, cut[0] - 1)] for history in every]
        return sorted({tuple(history): history for history in every if history}.values())

    def name(self, history: list[bytes]) -> bytes:
        """What a history goes by: the last place where it parted from another, if it did."""
        for head in reversed(history):
            if [*self.before.values()].count(self.before[head]) > 1:
                return branch_id(self.id, self.number[head], head)
        return self.id


class Ledger:
    def __init__(self, authorities: dict[str, list[str]]) -> None:
        self.trust = Trust(authorities)
        self.lanes: dict[bytes, Lane] = {}
        self.waiting: list[Any] = []
        self.orders: list[Any] = []
        self.decisions: list[Any] = []  # what was written about subscriptions, wherever
        self.subscriptions: list[tuple[str, str, list[bytes]]] = []

    def take(self, item: Any) -> dict[str, Any]:
        """Ingest a statement (bytes) or a bundle (an array)."""
        if type(item) is bytes:
            self.trust.state(item)
            found: dict[str, Any] = {"outcome": "kept", "entries": 1, "payloads": 0}
        else:
            found = self._keep(item)
        if found["outcome"] == "waiting":
            self.waiting.append(item)
        elif found["entries"]:
            self._retry()
        for held in self.lanes.values():
            held.bare |= self._ordered(held)
        self._subscribe()
        return found

    def _subscribe(self) -> None:
        """What stands of all decisions; what isn't taken any more goes."""
        self.subscriptions = sorted(subscriptions(self))
        taken = self.taken_by({*self.trust.authorities})
        if taken != self.trust.taken:
            self.trust.subscribe(taken)
            for id_, held in [*self.lanes.items()]:
                if held.lane[0] not in self.trust.known:
                    del self.lanes[id_]

    def _retry(self) -> None:
        waiting, self.waiting = self.waiting, []
        for item in waiting:
            self.take(item)

    def _keep(self, value: Any) -> dict[str, Any]:
        lane, first, before = value[1:4]
        told = bundle(dumps(value))
        if not self.trust.may(lane):
            return {"outcome": "waiting"}
        need(told, "signature")
        cut = self.trust.cut(lane)
        need(cut is None or first <= cut[0], "revoked")
        held = self.lanes.get(told["lane_id"], Lane(lane))
        need(first > 1 or before == held.id, "contradicts")
        if held.number.get(before) != first - 1:
            return {"outcome": "waiting"}
        self.lanes[held.id] = held
        holes, entries, payloads = self._holes(held), 0, 0
        for number, (head, entry) in enumerate(zip(told["heads"], value[4], strict=True), first):
            bare = entry[1] is None
            if head not in held.before:
                held.before[head], held.number[head] = before, number
                held.bare |= {head} if bare else set()
                entries += 1
            elif head in holes and not bare:
                held.bare -= {head}
                payloads += 1
            before = head
        for head, header, entry in zip(told["heads"], told["headers"], value[4], strict=True):
            self.orders += [(held, head, *each) for each in orders(header, entry[1])]
            if loads(header)[1].startswith("subscription/"):
                number = held.number[head]
                self.decisions += [(held, head, [lane, number, head, header, entry[1]])]
        return {"outcome": "kept", "entries": entries, "payloads": payloads}

    def taken_by(self, towns: set[str]) -> dict[str, list[bytes]]:
        """What these take of others, and by which keys."""
        said = self.subscriptions
        return {town: keys for by, town, keys in said if by in towns and town not in towns}

    def _standing(self, held: Lane) -> list[list[bytes]]:
        return held.standing(self.trust.cut(held.lane))

    def _holes(self, held: Lane) -> set[bytes]:
        return held.bare - self._ordered(held)

    def _ordered(self, held: Lane) -> set[bytes]:
        """The entries whose payloads an order in force names."""
        ordered: set[bytes] = set()
        for by, head, lane, first, last, check in self.orders:
            if (
                lane == held.id
                and by.lane[0] == held.lane[0]
                and by.lane[4] == 1 != held.lane[4]
                and self.trust.is_office(by.lane[1], by.lane[0])
                and any(head in history for history in self._standing(by))
            ):
                for history in self._standing(held):
                    if len(history) >= last and history[last - 1].startswith(check):
                        ordered |= {*history[first - 1 : last]}
        return ordered

    def frontier(self, held: Lane) -> list[Any]:
        """Its lines: one per history, as far as a revocation leaves it."""
        lines: list[Any] = []
        cut, holes = self.trust.cut(held.lane), self._holes(held)
        for history in self._standing(held):
            name = held.id if cut and history[-1] == cut[1] else held.name(history)
            missing = ranges([head in holes for head in history])
            lines.append([name, len(history), history[-1], missing])
        return lines


def ranges(missing: list[bool]) -> list[list[int]]:
    found: list[list[int]] = []
    for number, is_missing in enumerate(missing, 1):
        if is_missing and found and found[-1][1] == number - 1:
            found[-1][1] = number
        elif is_missing:
            found.append([number, number])
    return found


def items(data: bytes) -> Iterator[bytes]:
    """Those of a CBOR sequence. Raises one of MALFORMED at the first that can't be read."""
    stream = BytesIO(data)
    while (at := stream.tell()) < len(data):
        load(stream)
        need(stream.tell() - at <= 1 << 20, "malformed")
        decoded(item := data[at : stream.tell()], "cbor")
        yield item


def ingest(value: Any, given: Any) -> Any:
    ledger = Ledger(given["authorities"])
    for item in items(bytes.fromhex(given["before"])):
        assert ledger.take(loads(item))["outcome"] == "kept"
    return ledger.take(value)


def held(data: bytes, given: Any) -> Any:
    ledger, outcomes = Ledger(given["authorities"]), []
    for item in items(data):
        try:
            outcomes.append(ledger.take(loads(item))["outcome"])
        except Refused as why:
            outcomes.append(str(why))
    parts: dict[tuple[str, int, int], list[Any]] = {}
    for lane in ledger.lanes.values():
        part = lane.lane[0], lane.lane[4], lane.lane[5]
        parts[part] = sorted(parts.get(part, []) + ledger.frontier(lane))
    told = [
        [*part, notation(lines), hashed(b"kairan/1 frontier", dumps(lines)).hex()]
        for part, lines in sorted(parts.items())
        if lines
    ]
    kept = {hashed(data) for _, kind, _, data in ledger.trust.held if kind != "kairan-register"}
    stated = hashed(b"kairan/1 statements", *sorted(kept)).hex()
    alone = all(type(loads(item)) is bytes for item in items(data))
    return {"outcomes": outcomes, "frontiers": told} | ({"statements": stated} if alone else {})


def subscriptions(ledger: Ledger) -> Iterator[tuple[str, str, list[bytes]]]:
    """Who takes what of whom, by decisions of offices that stand."""
    standing = [
        read_entry(*entry)
        for held, head, entry in ledger.decisions
        if held.id in ledger.lanes and any(head in h for h in ledger._standing(held))
    ]
    begun = [each for each in standing if each["references"] == [None]]
    for first in begun:
        name, lane = first["name"], first["lane"]
        later = [e for e in begun if e["lane"] == lane and age_of(e) > age_of(first)]
        if len(later) >= 64:
            continue
        about = [e for e in standing if e is first or (e["references"][0] or ())[:2] == name]
        by_counter = sorted(about, key=lambda e: e["counter"])
        effect = [*effects(by_counter, ledger.trust).values()]
        if not effect or lane[4] != 1 or not ledger.trust.is_office(lane[1], lane[0]):
            continue
        fields, doubts = summed(effect, {"subscription": WHOM})
        understood = all(entry["understood"] for entry in effect)
        match fields:
            case {"withdrawn": True}:
                continue
            case {"town": str(town), "keys": [_, *_] as keys} if understood and not doubts:
                each = [key for key in keys if type(key) is bytes and len(key) == 32]
                right = len({*each}) == len(keys) <= 8
                if is_town(town) and town != lane[0] and right:
                    yield lane[0], town, each


def age_of(entry: Any) -> tuple[int, bytes]:
    return entry["name"][1], entry["head"]


def is_town(code: str) -> bool:
    try:
        decoded(dumps([code, bytes(32), 1, bytes(8), 4, 1]), "lane")
    except MALFORMED:
        return False
    return True


def scope(data: bytes, given: Any) -> Any:
    ledger, outcomes = Ledger(given["authorities"]), []
    for item in items(data):
        try:
            outcomes.append(ledger.take(loads(item))["outcome"])
        except Refused as why:
            outcomes.append(str(why))
    whole = {*given["towns"]}
    opened = ledger.taken_by(whole)
    eyes = Trust({})
    eyes.authorities = {t: ledger.trust.authorities[t] for t in whole} | opened
    eyes.held = [*ledger.trust.held]
    towns = []
    for town in sorted(whole | {*opened}):
        known = ledger.trust if town in whole else eyes
        stated = sorted(hashed(s[3]) for s in known.held if town in known._towns(*s))
        parts: dict[tuple[int, int], list[Any]] = {}
        for held in ledger.lanes.values():
            lane = held.lane
            if lane[0] == town and (town in whole or (is_open(lane) and vouched(eyes, lane))):
                parts.setdefault((lane[4], lane[5]), []).extend(ledger.frontier(held))
        towns.append([town, stated, [[*part, sorted(parts[part])] for part in sorted(parts)]])
    return {"outcomes": outcomes, "subscriptions": shown(ledger.subscriptions)} | dict(
        frontier(towns, None)
    )


def vouched(eyes: Trust, lane: Any) -> bool:
    try:
        return eyes.may(lane)
    except Refused:
        return False


def fingerprint(value: Any, _: Any) -> Any:
    number = int.from_bytes(hashed(b"kairan/1 fingerprint", dumps(value)), "big")
    digits = str(number)[-30:].zfill(30)
    return {"digits": " ".join(digits[at : at + 5] for at in range(0, 30, 5))}


def frontier(value: Any, _: Any) -> Any:
    towns = []
    for town, statements, parts in value:
        digests = [[c, a, hashed(b"kairan/1 frontier", dumps(lines))] for c, a, lines in parts]
        towns.append([town, hashed(b"kairan/1 statements", *sorted(statements)), digests])
    return {"towns": shown(towns), "digest": hashed(b"kairan/1 held", dumps(towns)).hex()}


def orders(header: bytes, payload: bytes | None) -> list[Any]:
    """The payloads that an entry orders away: lane id, from, to, check at to."""
    kind = loads(header)[1]
    try:
        fields = decoded(payload or b"", "payload")[2]
    except MALFORMED:
        return []
    listed = fields.get({"order/erase": "entries", "order/retain": "ranges"}.get(kind, ""))
    found = []
    for item in listed if type(listed) is list else []:
        match item:
            case [bytes(lane), number, bytes(check)] if kind == "order/erase":
                ordered = [lane, number, number, check]
            case [bytes(lane), _, _, bytes()] if kind == "order/retain":
                ordered = item
            case _:
                continue
        _, first, last, check = ordered
        if type(first) is type(last) is int and 1 <= first <= last and len(check) == 8:
            found.append(ordered)
    return found


# ---------------------------------------------------------------- what entries add up to


def effective(entry: Any, effect: Any, known: Trust) -> bool:
    """Whether it changes its record, by page 1. What has effect before it is in `effect`."""
    lane, references = entry["lane"], entry["references"]
    if entry["act"] != "write":
        return False
    if references == [None]:
        return bool(entry["counter"] == 1)
    named = [effect.get(reference and reference[:2]) for reference in references]
    if len(named) < 2 or None in named:
        return False
    first, *parents = named
    town, author = first["lane"][0], first["lane"][1]
    checks = zip(named, references, strict=True)
    return (
        first["references"] == [None]
        and all(e["head"].startswith(check) for e, reference in checks for check in reference[2:])
        and entry["counter"] == 1 + max(parent["counter"] for parent in parents)
        and all(entry[same] == first[same] for same in ("board", "town", "class", "audience"))
        and (lane[1] in {author} | known.heirs(author, town) or known.is_office(lane[1], town))
    )


def record(entries: Any, given: Any) -> Any:
    every = [read_entry(*each) for each in entries]
    for index in given.get("ordered_away", ()):
        every[index] |= {"gone": True, "hole": False}
    effect = effects(every, trust(given))
    return {"record": value_of([*effect.values()], given["groups"]) if effect else None}


WHO = {"name": "name", "duty": "rights", "place": "rights", "boards": "rights"}
CENTRES_MAKE, DUTIES = (
    {"keeper", "organisation"},
    {"keeper", "organisation", "coordinator", "staff"},
)


def account(entries: Any, given: Any) -> Any:
    """Who may sign in, by page 3."""
    known = trust(given)
    effect = [*effects([read_entry(*each) for each in entries], known).values()]
    if (
        not effect
        or effect[0]["board"] != "account"
        or (effect[0]["class"], effect[0]["audience"]) != (1, 1)
    ):
        return {"account": None}
    town, author = effect[0]["lane"][0], effect[0]["lane"][1]
    fields, _doubts = summed(effect, {"account": WHO})
    name, duty, place = (fields.get(key) for key in ("name", "duty", "place"))
    boards = fields.get("boards")
    is_node = any(c[ROLE] == "node" and town in c[TOWNS] for c in known.claims(author))
    by_its_own = is_node and duty in CENTRES_MAKE and place == author
    listed = boards if type(boards) is list else []
    if (
        not (type(name) is str and 0 < len(name) <= 100)
        or not (type(duty) is str and duty in {*CENTRES_MAKE, "coordinator", "staff"})
        or not (type(place) is bytes and len(place) == 32)
        or not (known.is_office(author, town) or by_its_own)
        or not (boards is None or type(boards) is list)
        or not (len(listed) <= 64 and all(type(each) is str and len(each) <= 64 for each in listed))
    ):
        return {"account": None}
    every = boards is None and duty in ("keeper", "staff")
    value = value_of(effect, {"account": WHO})
    stands = fields.get("withdrawn") is not True and value["complete"] and value["understood"]
    told = {"name": name, "duty": duty, "place": place.hex(), "stands": stands}
    lane, number = effect[0]["name"]
    header = lane.hex() + f"{number:016x}"
    return {"account": told | {"boards": None if every else sorted({*listed}), "header": header}}


def decision(
    entries: Any, known: Trust, board: str, about: str, audiences: tuple[int, ...] = (1,)
) -> Any:
    """Town and author of a decision about a record that stands, and the record; by page 3."""
    effect = [*effects([read_entry(*each) for each in entries], known).values()]
    if not effect or [effect[0][key] for key in ("board", "class")] != [board, 1]:
        return None
    if effect[0]["audience"] not in audiences:
        return None
    town, by = effect[0]["lane"][:2]
    groups = {board: {about: "what", "reason": "what", "second": "what"}}
    (fields, doubts), value = summed(effect, groups), value_of(effect, groups)
    if fields.get("withdrawn") is True or doubts or not value["understood"]:
        return None
    if not {c[ROLE] for c in known.claims(by) if town in c[TOWNS]} & {"office", "node"}:
        return None
    second = fields.get("second")
    if not (second is None or (type(second) is bytes and len(second) == 40)):
        return None
    match fields.get(about), fields.get("reason"):
        case [bytes(lane), number, bytes(check)], str(reason):
            sizes = (len(lane), len(check)) == (32, 8) and len(reason) <= 200
            if not sizes or type(number) is not int or number < 1:
                return None
        case _:
            return None
    return town, by


def hiding(entries: Any, given: Any) -> Any:
    """Whether it hides a post of that author on that machine's screens, by page 3."""
    known = trust(given)
    said = decision(entries, known, "hide", "post", audiences=(1, 2))
    if said is None:
        return {"hides": None}
    town, by = said
    author, here = bytes.fromhex(given["author"]), bytes.fromhex(given["here"])
    its_own = by in {author, *known.heirs(author, town)} or here in {by, *known.heirs(by, town)}
    return {"hides": known.is_office(by, town) or its_own}


def suspension(entries: Any, given: Any) -> Any:
    """Whether it suspends an account of that place, by page 3."""
    known = trust(given)
    said = decision(entries, known, "suspend", "account")
    if said is None:
        return {"suspends": None}
    town, by = said
    place = bytes.fromhex(given["place"])
    return {"suspends": known.is_office(by, town) or by in {place, *known.heirs(place, town)}}


WISH = {"place": "wish", "waits": "wish", "allowance": "wish"}


def admission(records: Any, given: Any) -> Any:
    """What is wished of that place by all that was said of it, by page 3."""
    known = trust(given)
    waits: set[str] = set()
    allowances: dict[bool, list[int]] = {True: [], False: []}
    for entries in records:
        effect = [*effects([read_entry(*each) for each in entries], known).values()]
        first = effect[0] if effect else {}
        if [first.get(key) for key in ("board", "class", "audience")] != ["admit", 1, 1]:
            continue
        town, by = first["lane"][:2]
        (fields, doubts), value = summed(effect, {"admit": WISH}), value_of(effect, {"admit": WISH})
        place, listed, number = (fields.get(key) for key in WISH)
        if (
            (fields.get("withdrawn") is True or doubts or not value["understood"])
            or not (type(place) is bytes and place.hex() == given["place"])
            or not (type(listed) is list and len(listed) <= 64)
            or not all(type(each) is str and len(each) <= 64 for each in listed)
            or not (type(number) is int and 0 <= number <= 10_000)
        ):
            continue
        is_node = any(c[ROLE] == "node" and town in c[TOWNS] for c in known.claims(by))
        if known.is_office(by, town) or (is_node and by in {place, *known.heirs(place, town)}):
            waits |= {*listed}
            allowances[known.is_office(by, town)].append(number)
    return {
        "waits": sorted(waits),
        "allowance": min(allowances[True] or allowances[False], default=None),
    }


SWITCH = {"what": "what", "reason": "what"}


def switched_off(records: Any, given: Any) -> Any:
    """What that town does without by all that was said, by page 3."""
    known = trust(given)
    off: set[str] = set()
    for entries in records:
        effect = [*effects([read_entry(*each) for each in entries], known).values()]
        first = effect[0] if effect else {}
        if [first.get(key) for key in ("board", "class", "audience")] != ["switch-off", 1, 1]:
            continue
        groups = {"switch-off": SWITCH}
        (fields, doubts), value = summed(effect, groups), value_of(effect, groups)
        what, reason = (fields.get(key) for key in SWITCH)
        town, by = first["lane"][:2]
        stands = not (fields.get("withdrawn") is True or doubts or not value["understood"])
        said_why = type(reason) is str and len(reason) <= 200
        if (
            (stands and said_why and type(what) is str and 0 < len(what) <= 64)
            and town == given["town"]
            and known.is_office(by, town)
        ):
            off.add(str(what))
    return {"off": sorted(off)}


def effects(every: list[Any], known: Trust) -> dict[Any, Any]:
    """Those of them that have effect, by name."""
    effect: dict[Any, Any] = {}
    for entry in sorted(every, key=lambda e: e["counter"]):
        if effective(entry, effect, known):
            parents = {reference[:2] for reference in entry["references"][1:]}
            above = parents.union(*(effect[name]["above"] for name in parents))
            weight = known.rank(entry["lane"]), entry["counter"], *entry["name"], entry["head"]
            effect[entry["name"]] = entry | {"above": above, "weight": weight}
    return effect


def read_entry(lane: Any, number: int, head: bytes, header: bytes, payload: bytes | None) -> Any:
    id_ = lane_id(lane)
    value = decode("header", header, {"lane_id": id_})["value"]
    board, _, act = value[1].partition("/")
    try:
        said = decoded(payload or b"", "payload")
    except MALFORMED:
        said = {2: {}}
    fields = {name: value for name, value in said[2].items() if name != "outside"}
    fields |= {"outside": value[9]} if 9 in value else {}
    references = [value.get(2), *value.get(3, [])]
    long = [(id_, name) if type(name) is int else name and tuple(name) for name in references]
    return (
        {"name": (id_, number), "lane": lane, "town": lane[0], "class": lane[4], "head": head}
        | {"audience": lane[5]}
        | {"board": board, "act": act, "counter": value[4], "references": long, "fields": fields}
        | {"gone": False, "hole": payload is None, "understood": min(*value, *said) >= 0}
    )


def value_of(effect: list[Any], groups: Any) -> Any:
    """What the entries with effect add up to."""
    fields, doubts = summed(effect, groups)
    declared: Any = groups.get(effect[0]["board"], {}) | {"withdrawn": "withdrawn"}
    below = set[Any]().union(*(entry["above"] for entry in effect))
    marks = {field for entry in effect for field in entry["fields"] if field.startswith("!")}
    return {
        "fields": notation(fields),
        "versions": shown(sorted(e["name"] for e in effect if e["name"] not in below)),
        "counter": max(entry["counter"] for entry in effect),
        "complete": not doubts,
        "understood": marks <= set(declared) and all(entry["understood"] for entry in effect),
    }


def summed(effect: list[Any], groups: Any) -> tuple[dict[str, Any], bool]:
    """Group by group; and whether something that is missing may be a correction."""
    declared: Any = groups.get(effect[0]["board"], {}) | {"withdrawn": "withdrawn"}
    fields: dict[str, Any] = {}
    doubts = any(entry["hole"] for entry in effect)
    gone = {entry["name"] for entry in effect if entry["gone"]}

    def group(field: str) -> tuple[bool, str]:
        return field in declared, declared.get(field, field)

    for each in {group(field) for entry in effect for field in entry["fields"]}:
        carry = [entry for entry in effect if each in map(group, entry["fields"])]
        below = set[Any]().union(*(entry["above"] for entry in carry))
        doubts |= each[1] != "outside" and not gone <= below
        left = [entry for entry in carry if entry["name"] not in below]
        won = max(left, key=lambda entry: entry["weight"])["fields"]
        fields |= {f: v for f, v in won.items() if group(f) == each and v is not None}
    return fields, doubts


def erasure_code(value: Any, _: Any) -> Any:
    digest = hashed(b"kairan/1 erasure receipt", dumps(value))
    return {"code": str(int.from_bytes(digest[:8]) % 100_000_000).zfill(8)}


def address(value: Any, _: Any) -> Any:
    return {"address": f"{b32encode(value[0][:10]).decode().lower()}-{value[1]}"}


def largest(values: Any, by: Callable[[Any], Any]) -> int:
    return max(range(len(values)), key=lambda index: by(values[index]))


# ---------------------------------------------------------------- what carries it


def parcel(data: bytes, _: Any) -> Any:
    told = {"statements": 0, "bundles": 0, "unreadable": 0}
    try:
        for item in items(data):
            told[sort_of(item)] += 1
    except (Refused, *MALFORMED):
        told["unreadable"] += 1
    return told


def sort_of(item: bytes) -> str:
    value = loads(item)
    if type(value) is bytes and len(value) <= 4096:
        return "statements"
    try:
        bundle(item)
    except MALFORMED:
        return "unreadable"
    return "bundles"


RECEIPT: dict[Any, Any] = {1: 1, 2: (LIFE, SHORT), 3: range(1, MANY), 4: "LG codes", 5: KEY}
RECEIPT |= {6: "summary", 8: (int, range(4))} | REST
RECEIPT |= {7: slice(0, 64, [(KEY, range(1 << 63), range(1 << 63), range(1 << 63))])}


def receipt(data: bytes, given: Any) -> Any:
    protected, _, payload, signature = decoded(data, "statement")
    label = decoded(protected, {1: -8, 4: SHORT, 16: "kairan-receipt"})
    said = decoded(payload, RECEIPT)
    if given:
        sender = bytes.fromhex(given["sender"])
        need(label[4] == hashed(sender)[:8], "signature")
        verify(sender, payload, signature, protected)
    order, (_, lanes) = [said[2][0], said[3]], said[6]
    told = {"order": order, "towns": said[4], "digest": said[5].hex(), "lanes": len(lanes)}
    return told | {"taken": shown(said[7])}


def understood(data: bytes) -> bool:
    try:
        return bool(receipt(data, {}))
    except MALFORMED:
        return False


def carrier(data: bytes, _: Any) -> Any:
    parcels, receipts, framed, whole, at = [], [], False, False, data.find(MARK)
    while at >= 0:
        end = at + 9 + int.from_bytes(data[at + 5 : at + 9])
        kind, body = data[at + 4 : at + 5], data[at + 9 : end]
        try:
            need(end <= len(data) and len(body) <= 8 << 20, "malformed")
            need(kind in (b"\1", b"\2", b"\3", b"\4"), "malformed")
            if kind == b"\1":
                decoded(body, "cbor")
            elif kind == b"\2":
                parcels.append(bytes.fromhex(columns.part_of(body)["parcel"]))
            elif kind == b"\4":
                decoded(decoded(body, "statement")[0], {1: -8, 4: bytes, 16: str})
                receipts += [body] if understood(body) else []
            whole = kind == b"\3" and body == hashed(data[:at]) and end == len(data)
            framed, at = True, data.find(MARK, end)
        except (Refused, columns.Unable, *MALFORMED):
            at = data.find(MARK, at + 1)
    told = {"parcels": shown(parcels), "receipts": shown(receipts)}
    return told | {"whole": whole, "kairan": framed}


def answer(data: bytes, given: Any) -> Any:
    asked = {name: bytes.fromhex(given[name]) for name in ("sender", "offer")}
    said, further, _ = decode("answer", data, asked)["value"]
    _, _, digest, told, _ = loads(asked["offer"])
    if type(said) is str:
        return {"declined": said} | ({"counter": further[9]} if said == "counter" else {})
    need(said != digest, "malformed")
    receipt = further.get(8)
    need(receipt is None or all(type(n) is int and n >= 0 for n in receipt), "malformed")
    need((3 if 4 in told else 0) == len(receipt or ()), "malformed")
    registers = further.get(5, told.get(5, b"")).hex()
    return {"synced": said is True, "receipt": receipt, "registers": registers}


def age(register: bytes) -> Any:
    content = decode("statement", register, {})["value"][2]
    return content[3][0], content[5], register


def registers_digest(registers: Any, _: Any) -> Any:
    assert all(map(age, registers))
    return {"digest": hashed(b"kairan/1 registers", *sorted(map(hashed, registers))).hex()}


READERS: dict[str, Callable[[Any, Any], Any]] = {
    "address": address,
    "erasure code": erasure_code,
    "outside": lambda v, _: {"shown": largest(v, lambda thing: [thing[key] for key in OUTSIDE])},
    "record": record,
    "account": account,
    "hiding": hiding,
    "suspension": suspension,
    "admission": admission,
    "switched off": switched_off,
    "permission": permission,
    "frontier": frontier,
    "fingerprint": fingerprint,
    "branch": lambda v, _: {"id": branch_id(*v).hex()},
    "ingest": ingest,
    "order": lambda v, _: {"orders": shown(orders(*v))},
    "newest register": lambda v, _: {"newest": largest(v, age)},
    "registers digest": registers_digest,
    "sealed": sealing.opened,
    "escrow key": sealing.escrow,
    "pictures": pictures.named,
    "picture": pictures.shown,
}
CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=", "0123456789ABCDEFGHJKMNPQRSTVWXYZ ")


def in_letters(data: bytes) -> str:
    return b32encode(data).decode().translate(CROCKFORD).strip()


OF_BYTES: dict[str, Callable[[bytes, Any], Any]] = {
    "letters": lambda data, _: {"letters": in_letters(data)},
    "fingerprint of a key": lambda data, _: {"fingerprint": in_letters(hashed(data)[:10])},
    "held": held,
    "scope": scope,
    "parcel": parcel,
    "carrier": carrier,
    "table": columns.table,
    "wrapped table": columns.wrapped,
    "wrapped parts": columns.parts,
    "dictionary": columns.dictionary,
    "receipt": receipt,
    "answer to an offer": answer,
}


def read(kind: str, data: bytes, given: Any) -> dict[str, Any]:
    """What follows from an example, as it stands in JSON. Raises Refused."""
    if kind in OF_BYTES:
        try:
            return dict(OF_BYTES[kind](data, given))
        except columns.Unable as why:
            raise Refused(str(why)) from why
    return dict(READERS[kind](decoded(data, "cbor"), given))

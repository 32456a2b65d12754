"""What whoever keeps a town's keys types, from the first key to the day one is stolen."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from node.boards import BOARDS
from node.node import Node, edition, open_node
from node.people import begin
from node.reading import begin_reading, readers_at
from node.sealed import open_here, sealed_record, write_sealed
from provisioning.authority import found, open_authority, read_key
from provisioning.sealed_key import COST_MIN, Place
from provisioning.town import widest
from sync.certificate import Role, certify
from sync.ingest import Kept, Refused, ingest_statement
from sync.lane import Class
from sync.letters import fingerprint
from sync.machine.keys import Identity, make_identity, save_identity
from sync.machine.settings import KEY_FILE, SETTINGS_FILE
from sync.sealed_record import LETTER
from sync.trust import Refusal
from tests.cli.kairan import Said, here, kairan, message
from tests.node.builders import CHOIR, TOWN, TOWN_NAME, meet, post_event, titles

DAILY, RESERVE, NEXT = "毎日つかう合言葉", "金庫の中の合言葉です", "あたらしい合言葉です"
EVENT = BOARDS["event"]


class Desk:
    """The folder with the keys, and who sits before it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = folder / "authority"
        found(
            self.authority,
            code=TOWN,
            name=TOWN_NAME,
            passphrases=(DAILY, RESERVE),
            cost=COST_MIN,
        )
        self.reserve = self.key(Place.RESERVE)

    def key(self, place: Place) -> Path:
        return open_authority(self.authority).key_file(place)

    def says(self, what: str, *words: object, passphrases: tuple[str, ...] = (DAILY,)) -> Said:
        reading, writing = os.pipe()
        os.write(writing, "".join(f"{each}\n" for each in passphrases).encode())
        os.close(writing)
        told = ("authority", what, "--authority", self.authority, "--passphrase-fd", reading)
        return here(*told, *words)

    def said(self, what: str, *words: object, passphrases: tuple[str, ...] = (DAILY,)) -> str:
        said = self.says(what, *words, passphrases=passphrases)
        assert (said.code, said.err) == (0, "")
        return said.out

    def refused(self, what: str, *words: object, passphrases: tuple[str, ...] = (DAILY,)) -> str:
        return message(self.says(what, *words, passphrases=passphrases))

    def blank(self, name: str, role: str = "node") -> Path:
        """A machine that knows its town, and that nobody knows."""
        folder = self.folder / name
        folder.mkdir()
        save_identity(make_identity(), folder / KEY_FILE)
        keys = [key.hex() for key in open_authority(self.authority).first]
        (folder / SETTINGS_FILE).write_text(
            f'name = "{name}"\nrole = "{role}"\ntowns = ["{TOWN}"]\n'
            f'[town_names]\n{TOWN} = "{TOWN_NAME}"\n[authorities]\n{TOWN} = {keys}\n'
        )
        return folder

    def machine(self, name: str, role: str = "node", *more: object) -> Node:
        """One that was certified, and has what was said so far."""
        folder = self.blank(name, role)
        key = open_node(folder).identity.public.hex()
        self.said("certify", "--name", name, "--role", role, "--public-key", key, *more)
        return self.brought(folder)

    def machine_with(self, name: str, passphrase: str) -> Node:
        folder = self.blank(name)
        key = open_node(folder).identity.public.hex()
        wanted = ("--name", name, "--public-key", key)
        self.said("certify", *wanted, passphrases=(passphrase,))
        return self.brought(folder)

    def brought(self, folder: Path) -> Node:
        done_here = here("import", "--data", folder, self.authority / "statements.kairan")
        assert (done_here.code, done_here.err) == (0, "")
        return open_node(folder)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def opened(path: Path, passphrase: str) -> Identity:
    return read_key(path).open(passphrase)


def certified_by(thief: Identity, name: str) -> bytes:
    """A machine of the thief's, as a member of the town."""
    key = make_identity().public
    certificate = widest(key, name=name, role=Role.OFFICE, town=TOWN, counter=1 << 40)
    return certify(certificate, thief.private)


def test_the_first_day(tmp_path: Path) -> None:
    """With the real cost of a guess."""
    passphrases = tmp_path / "typed"
    passphrases.write_text(f"{DAILY}です\n{RESERVE}\n")
    folder = tmp_path / "authority"
    with passphrases.open() as file:
        said = here(
            *("authority", "new", "--authority", folder, "--town", TOWN, "--name", TOWN_NAME),
            *("--passphrase-fd", os.dup(file.fileno())),
        )
    assert said.code == 0, said.err
    desk = open_authority(folder)
    files = [desk.key_file(place) for place in Place]
    papers = [path.with_suffix(".html") for path in files]
    assert {stat.S_IMODE(path.stat().st_mode) for path in [*files, *papers]} == {0o600}
    assert all(fingerprint(key) in said.out for key in desk.keys)
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert DAILY.encode() not in written


@pytest.mark.parametrize(
    ("passphrases", "why"),
    [
        (("みじかい", RESERVE), "10文字以上"),
        ((RESERVE, RESERVE), "別々の合言葉"),
        ((RESERVE,), "足りません"),
    ],
)
def test_passphrases_that_are_too_short_the_same_or_missing(
    desk: Desk, passphrases: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    desk.authority = tmp_path / "another"
    wanted = ("--town", TOWN, "--name", TOWN_NAME)
    assert why in desk.refused("new", *wanted, passphrases=passphrases)
    assert not desk.authority.exists()


def test_keys_are_not_made_over_those_that_are_there(desk: Desk) -> None:
    before = sorted(desk.authority.rglob("*"))
    refusal = desk.refused(
        "new", "--town", TOWN, "--name", TOWN_NAME, passphrases=(DAILY + "です", RESERVE)
    )
    assert "もう町の鍵があります" in refusal
    assert sorted(desk.authority.rglob("*")) == before


def test_a_machine_that_was_certified_is_heard(desk: Desk) -> None:
    office, node = desk.machine("役場", "office"), desk.machine("上郷")
    desk.brought(office.settings.folder)
    post_event(node)
    meet(node, office)
    assert titles(office) == [CHOIR["title"]]
    listed = desk.says("list", "--json").json
    assert [(m["name"], m["roles"], m["revoked"]) for m in listed["machines"]] == [
        ("上郷", ["node"], False),
        ("役場", ["office"], False),
    ]
    assert listed["keys"]["daily"] == listed["machines"][0]["by"][0]


def test_a_certificate_may_name_less_than_its_role_allows(desk: Desk) -> None:
    node = desk.machine("上郷", "node", "--class", "board", "--audience", "town")
    (certificate,) = node.ledger.trust().certificates(node.identity.public)
    assert certificate.classes == {Class.BOARD}
    refusal = desk.refused(
        *("certify", "--name", "下郷", "--public-key", "ab" * 32, "--class", "alert")
    )
    assert "書けません" in refusal


def test_what_is_said_at_the_office_is_in_its_ledger_at_once(desk: Desk) -> None:
    office = desk.machine("役場", "office")
    folder = desk.blank("上郷")
    node = open_node(folder)
    said = desk.said(
        *("certify", "--name", "上郷", "--public-key", node.identity.public.hex()),
        *("--machine", office.settings.folder),
    )
    assert "台帳に入れました" in said
    assert office.ledger.trust().name(node.identity.public) == "上郷"


def test_a_wrong_passphrase_says_nothing(desk: Desk) -> None:
    wanted = ("certify", "--name", "上郷", "--public-key", "ab" * 32)
    assert "合言葉が違います" in desk.refused(*wanted, passphrases=("ちがう合言葉です",))
    assert open_authority(desk.authority).said == ()


def test_a_passphrase_is_not_taken_from_the_command_line(desk: Desk) -> None:
    said = kairan("authority", "certify", "--help").out
    assert "--passphrase-fd N" in said
    assert "--passphrase " not in said


# a machine is stolen


def busy(desk: Desk) -> tuple[Node, Node]:
    """An office that holds two posts of a node."""
    office, node = desk.machine("役場", "office"), desk.machine("上郷")
    desk.brought(office.settings.folder)
    post_event(node, title="一つ目")
    post_event(node, title="二つ目")
    meet(node, office)
    return office, node


def test_of_a_stolen_machine_what_was_held_stays_and_what_it_says_later_does_not(
    desk: Desk,
) -> None:
    office, node = busy(desk)
    at = ("--machine", office.settings.folder)
    desk.said("revoke", "上郷", "--keep", "held", *at)
    post_event(node, title="泥棒から")
    other = desk.machine("下郷")
    meet(other, office)
    assert titles(office) == titles(other) == ["一つ目", "二つ目"]
    with pytest.raises(Exception, match="unknown"):
        meet(node, office)
    assert "取り消しました" in desk.said("list", *at)


def test_of_a_machine_that_was_never_ours_nothing_stays(desk: Desk) -> None:
    office, _ = busy(desk)
    desk.said("revoke", "上郷", "--keep", "nothing", "--machine", office.settings.folder)
    assert titles(office) == []


def test_a_later_word_lets_honest_posts_back_in_up_to_the_one_that_was_chosen(desk: Desk) -> None:
    office, node = busy(desk)
    at = ("--machine", office.settings.folder)
    first = next(post for post in node.posts(EVENT) if post.fields["title"] == "一つ目")
    desk.said("revoke", "上郷", "--keep", "nothing", *at)
    desk.said("revoke", "上郷", "--keep", "nothing", "--cut", first.address, *at)
    assert titles(office) == ["一つ目"]


def test_the_word_of_one_desk_goes_over_that_of_another_that_it_never_saw(desk: Desk) -> None:
    """Two desks have the key; the ledger knows what both said."""
    office, _ = busy(desk)
    at = ("--machine", office.settings.folder)
    here_, there = desk.authority, desk.folder / "another desk"
    shutil.copytree(here_, there)
    for _ in range(3):
        desk.said("revoke", "上郷", "--keep", "nothing", *at)
    desk.authority = there
    desk.said("revoke", "上郷", "--keep", "held", *at)
    assert titles(office) == ["一つ目", "二つ目"]


def test_the_lanes_of_a_machine_are_listed_as_cut_takes_them(desk: Desk) -> None:
    office, _ = busy(desk)
    at = ("--machine", office.settings.folder)
    (line,) = desk.said("list", "--lanes", "上郷", *at).splitlines()
    end = line.split()[-1]
    desk.said("revoke", "上郷", "--keep", "nothing", "--cut", end, *at)
    assert titles(office) == ["一つ目", "二つ目"]


@pytest.mark.parametrize("cut", ["なにか", "aaaaaaaaaaaaaaaa-1", "post-9", "post@0000"])
def test_a_cut_that_is_none_is_refused(desk: Desk, cut: str) -> None:
    office, node = busy(desk)
    address = node.posts(EVENT)[0].address
    lane = address.partition("-")[0]
    wanted = cut.replace("post-9", f"{lane}-9").replace("post", address)
    before = open_authority(desk.authority).said
    at = ("--machine", office.settings.folder)
    desk.refused("revoke", "上郷", "--keep", "held", "--cut", wanted, *at)
    assert open_authority(desk.authority).said == before


def test_a_name_that_two_machines_have_must_be_told_apart(desk: Desk) -> None:
    one = desk.machine("上郷")
    key = make_identity().public
    desk.said("certify", "--name", "上郷", "--public-key", key.hex())
    refusal = desk.refused("revoke", "上郷", "--keep", "nothing")
    assert fingerprint(key) in refusal
    assert fingerprint(one.identity.public) in refusal
    desk.said("revoke", fingerprint(key).lower(), "--keep", "nothing")
    trust = open_authority(desk.authority).trust
    assert trust.is_revoked(key, TOWN)
    assert not trust.is_revoked(one.identity.public, TOWN)


# a machine breaks


def test_a_new_machine_tends_what_the_broken_one_began(desk: Desk) -> None:
    office, old = busy(desk)
    new = desk.machine("新しい上郷")
    desk.said("succeed", "上郷", "新しい上郷", "--machine", office.settings.folder)
    meet(new, office)
    post = next(post for post in new.posts(EVENT) if post.fields["title"] == "一つ目")
    new.edit(post, {**CHOIR, "title": "一つ目、変更"}, seen=edition(post))
    meet(new, office)
    assert sorted(titles(office)) == ["一つ目、変更", "二つ目"]
    assert old.identity.public.hex() in str(desk.says("list", "--json").json)


def test_with_the_reserve_it_reads_the_letters_that_came_to_the_broken_one(desk: Desk) -> None:
    office, old = busy(desk)
    begin(old, "当番")
    begin_reading(old)
    meet(old, office)
    (key,) = readers_at(office, old.identity.public)
    letter = write_sealed(office, LETTER, b"words", to=[key.key])
    new = desk.machine("新しい上郷")
    desk.said("succeed", "上郷", "新しい上郷", "--machine", office.settings.folder)
    meet(new, office)
    closed = sealed_record(new, letter)
    assert closed is not None
    told = ("--machine", new.settings.folder, "--key")
    refused = desk.refused("unseal", *told, desk.key(Place.DAILY))
    assert "控えの鍵を使い" in refused
    said = desk.said("unseal", *told, desk.reserve, passphrases=(RESERVE,))
    assert "1本" in said
    assert open_here(new, closed) == b"words"


# a key is lost, or stolen


def test_a_stolen_daily_key_is_replaced_with_the_reserve_and_the_town_goes_on(desk: Desk) -> None:
    office, node = busy(desk)
    stolen = opened(desk.key(Place.DAILY), DAILY)
    at = ("--machine", office.settings.folder)
    said = desk.said("replace", "--key", desk.reserve, *at, passphrases=(RESERVE, NEXT))
    assert "2件を、新しい鍵で言い直しました" in said
    assert titles(office) == ["一つ目", "二つ目"]
    meet(node, office)
    post_event(node, title="三つ目")
    meet(node, office)
    assert sorted(titles(office)) == ["一つ目", "三つ目", "二つ目"]
    # the thief's word
    forged = certified_by(stolen, "偽の役場")
    assert ingest_statement(office.ledger, forged) == Refused(Refusal.REVOKED)
    # and the next machine is certified with the new key
    third = desk.machine_with("下郷", NEXT)
    meet(third, office)
    assert sorted(titles(third)) == ["一つ目", "三つ目", "二つ目"]


def test_what_a_thief_said_is_not_said_again_unless_a_person_wants_it(desk: Desk) -> None:
    office, _ = busy(desk)
    stolen = opened(desk.key(Place.DAILY), DAILY)
    forged = certified_by(stolen, "偽の役場")
    assert ingest_statement(office.ledger, forged) == Kept(entries=1)
    at = ("--machine", office.settings.folder)
    said = desk.said("replace", "--key", desk.reserve, *at, passphrases=(RESERVE, NEXT))
    assert "言い直さなかったもの: 偽の役場（office）の証明" in said
    assert "偽の役場" not in desk.said("list", *at)


def test_the_daily_key_can_t_replace_the_reserve(desk: Desk) -> None:
    refusal = desk.refused(
        *("replace", "--place", "reserve", "--key", desk.key(Place.DAILY)),
        passphrases=(DAILY, NEXT),
    )
    assert "できません" in refusal
    assert len(list(desk.authority.rglob("*.key"))) == 2


@pytest.mark.parametrize("keys", ["[]", '["ab"]', "3", '["zz", "zz"]'])
def test_a_damaged_folder_is_refused_in_words(desk: Desk, keys: str) -> None:
    (desk.authority / "authority.toml").write_text(
        f'code = "{TOWN}"\nname = "{TOWN_NAME}"\nkeys = {keys}\n'
    )
    assert "読めません" in desk.refused("list")


def test_a_key_that_was_replaced_signs_nothing_more(desk: Desk) -> None:
    old = desk.key(Place.DAILY)
    desk.said("replace", "--key", old, passphrases=(DAILY, NEXT))
    wanted = ("certify", "--name", "上郷", "--public-key", "ab" * 32)
    assert "替わった鍵" in desk.refused(*wanted, "--key", old)
    desk.said(*wanted, passphrases=(NEXT,))


def test_a_lost_folder_is_made_again_from_paper_and_a_machine_of_the_town(desk: Desk) -> None:
    office, _ = busy(desk)
    paper = desk.key(Place.DAILY).read_text()
    before = open_authority(desk.authority)
    desk.authority = desk.folder / "again"
    typed = desk.folder / "typed"
    typed.write_text(paper)
    desk.said("restore", "--text", typed, "--machine", office.settings.folder)
    after = open_authority(desk.authority)
    assert (after.first, after.keys, set(after.said)) == (
        before.first,
        before.keys,
        set(before.said),
    )
    desk.said("certify", "--name", "下郷", "--public-key", "ab" * 32)


def test_a_mistyped_paper_is_refused_with_its_line(desk: Desk) -> None:
    typed = desk.folder / "typed"
    lines = desk.key(Place.DAILY).read_text().splitlines()
    lines[4] = lines[4][:-1] + ("A" if lines[4][-1] != "A" else "B")
    typed.write_text("\n".join(lines))
    assert "4行目" in desk.refused("restore", "--text", typed)


def test_a_paper_of_another_town_is_refused(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other")
    assert "いまの町の鍵ではありません" in desk.refused("restore", "--text", other.key(Place.DAILY))

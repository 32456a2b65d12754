"""Every board's declaration agrees with itself."""

import pytest

from node.boards import BOARDS
from node.boards.declaration import PICTURES, READING, Board, Field, FieldType
from node.form import Problems, parse
from sync.limits import KIND_BYTES_MAX
from sync.record import OUTSIDE, WITHDRAWN

each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
each_field = pytest.mark.parametrize(
    ("board", "field"),
    [
        pytest.param(board, field, id=f"{board.name}-{field.name}")
        for board in BOARDS.values()
        for field in board.fields
    ],
)


@each_board
def test_a_board_is_listed_under_its_name_and_its_kind_fits_an_entry(board: Board) -> None:
    assert BOARDS[board.name] is board
    assert board.name.isascii()
    assert board.name.isidentifier()
    assert len(f"{board.name}/write".encode()) <= KIND_BYTES_MAX


@each_board
def test_a_board_says_what_it_is_and_who_may_write(board: Board) -> None:
    assert board.label
    assert board.reading
    assert board.purpose.endswith("。")
    assert board.writers
    assert board.lane_class in ("alert", "board")
    assert board.audience in ("town", "open")
    assert board.retention_days > 0


@each_board
def test_no_two_fields_of_a_board_share_a_name_or_a_label(board: Board) -> None:
    for names in ([f.name for f in board.fields], [f.label for f in board.fields]):
        assert len(set(names)) == len(names)
    assert not {f.name for f in board.fields} & {WITHDRAWN, OUTSIDE}


@each_board
def test_what_a_board_is_named_ordered_and_cut_by_is_among_its_fields(board: Board) -> None:
    def type_of(name: str) -> FieldType:
        field = board.field(name)
        assert field is not None, name
        return field.type

    assert type_of(board.title) is FieldType.TEXT
    assert not board.state or type_of(board.state) is FieldType.CHOICE
    assert not board.section or type_of(board.section) in (FieldType.CHOICE, FieldType.TEXT)
    assert not board.urgency or type_of(board.urgency) is FieldType.NUMBER
    assert not board.order.until or type_of(board.order.until) is type_of(board.order.field)
    if board.order.field:
        ordered_by = board.field(board.order.field)
        assert ordered_by is not None
        assert ordered_by.required


@each_board
def test_a_group_is_no_field_and_no_group_is_of_one_field(board: Board) -> None:
    groups = [field.group for field in board.fields if field.group]
    alone = {field.name for field in board.fields if not field.group}
    assert not alone & set(groups)  # else a field would change with a group it is not in
    assert all(groups.count(group) > 1 for group in groups)
    changes = {field.name: field.changes_with for field in board.fields}
    pictures = {PICTURES: PICTURES} if board.pictures else {}
    readings = {READING + name: group for name, group in changes.items()}
    assert board.groups() == changes | readings | pictures


@each_field
def test_a_field_has_choices_just_where_it_is_one(board: Board, field: Field) -> None:
    keys = [choice.key for choice in field.choices]
    assert bool(keys) == (field.type is FieldType.CHOICE)
    assert len(set(keys)) == len(keys)
    assert all(choice.label for choice in field.choices)
    assert not field.default or field.default in keys
    assert field.in_form or not field.required  # a person can't fill what is not in the form


@each_field
def test_what_a_field_may_not_come_before_is_a_date_of_the_same_form_and_group(
    board: Board, field: Field
) -> None:
    if not field.not_before:
        return
    earlier = board.field(field.not_before)
    assert earlier is not None
    assert earlier.type is field.type is FieldType.DATE
    assert earlier.in_form
    assert earlier.changes_with == field.changes_with


@each_field
def test_the_name_of_a_field_is_plain_and_its_hint_a_sentence(board: Board, field: Field) -> None:
    assert field.name.isascii()
    assert field.name.isidentifier()
    assert not field.name.startswith("!")
    assert field.label
    assert not field.hint or field.hint.endswith(("。", "。）"))
    assert field.length_max > 0


@each_board
def test_the_defaults_of_a_form_are_accepted_by_it(board: Board) -> None:
    form = {field.name: field.default for field in board.form_fields() if field.default}
    parsed = parse(board, form)
    wrong = set(parsed.by_field) if isinstance(parsed, Problems) else set()
    assert not wrong & form.keys()

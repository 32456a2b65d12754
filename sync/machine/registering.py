"""How a machine writes a register of its own: the counter goes on from the one that is held.

So it survives restarts and a lost notebook, whatever process writes it.
"""

from sync.ledger import Ledger
from sync.machine.keys import Identity
from sync.register import Register, make_register, open_register


def held_register(ledger: Ledger, identity: Identity, town: str, name: str) -> Register | None:
    """Ours of that name, whatever life it is of."""
    place = (town, identity.public, name)
    return next((r for r in ledger.registers() if r.place == place), None)


def write_register(ledger: Ledger, identity: Identity, town: str, name: str, value: object) -> None:
    """Say it anew, inside a transaction."""
    life = ledger.own_incarnation(identity.public)
    held = held_register(ledger, identity, town, name)
    same_life = held is not None and held.ordinal >= life[0]
    encoded = make_register(
        town=town,
        incarnation=life,
        name=name,
        counter=held.counter + 1 if held is not None and same_life else 1,
        value=value,
        key=identity.private,
    )
    ledger.register(open_register(encoded))

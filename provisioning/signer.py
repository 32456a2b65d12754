"""Who signs for a town: its key, opened by whoever knows the passphrase."""

import argparse

from node.refused import Refused
from provisioning.authority import Authority, read_key
from provisioning.paper import PLACES
from provisioning.passphrases import Passphrases
from provisioning.sealed_key import Place, SealedKey, WrongPassphrase
from sync.machine.keys import Identity


def signer(told: argparse.Namespace, desk: Authority) -> Identity:
    """The daily key, or the one that was named, if it speaks for the town. Raises Refused."""
    sealed = read_key(told.key_file or desk.key_file(Place.DAILY))
    identity = opened(sealed, Passphrases(told.passphrase_fd), PLACES[sealed.place])
    if identity.public not in desk.keys:
        raise Refused("この鍵は、いまの町の鍵ではありません（ほかの町のものか、替わった鍵です）。")
    return identity


def opened(sealed: SealedKey, asked: Passphrases, what: str) -> Identity:
    """Raises Refused for a wrong passphrase."""
    try:
        return sealed.open(asked.ask(what))
    except WrongPassphrase as wrong:
        raise Refused("合言葉が違います。まだ何も変えていません。") from wrong

"""Networks, as far as one machine in them may take more addresses at will."""

from ipaddress import IPv6Address, ip_address

_NETWORK_BITS_4, _NETWORK_BITS_6 = 24, 64


def network(address: str) -> str:
    """The network that an address is of; "" for what is none."""
    try:
        number = ip_address(plain(address))
    except ValueError:
        return ""
    bits = _NETWORK_BITS_6 if number.version == 6 else _NETWORK_BITS_4
    return f"{number.version}:{int(number) >> (number.max_prefixlen - bits):x}"


def plain(address: str) -> str:
    """One writing of an address, an IPv4 address inside IPv6 as that; "" for what is none."""
    try:
        number = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(number, IPv6Address) and number.ipv4_mapped is not None:
        return str(number.ipv4_mapped)
    return str(number)

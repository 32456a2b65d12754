"""The network that phones join, where this machine makes it; or how it joins the centre's.

`plan.py` says what is to be, `configuration.py` and `rules.py` say it to those who do it (hostapd,
dnsmasq, the kernel), `guests.py` knows which phones have begun, `line.py` is asked by the screens.
"""

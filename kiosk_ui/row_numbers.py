"""Numbers in addresses: of rows in a table, so none is larger than SQLite can say."""

from werkzeug.routing import IntegerConverter


class RowNumber(IntegerConverter):
    """Any number of up to 18 digits; what is longer is no page."""

    regex = "[0-9]{1,18}"

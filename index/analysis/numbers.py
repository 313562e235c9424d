"""Numbers in groups (978-7-111-21382-6, 138 1234 5678), which are also indexed as single units."""

from __future__ import annotations

import re

from index.analysis.grams import END, FEWEST_DIGITS, MOST_DIGITS

# Numbers in groups: the separator between two digits (it comes first because it is quick to find), and all
# of the number from its start; an area code before it, which may have been in brackets.
_IN_GROUPS = {
    sign: (re.compile(rf"{sign}(?<=[0-9]{sign}) ?(?=[0-9])"), re.compile(rf"[0-9]+(?:{sign} ?[0-9]+)*"))
    for sign in "-— "
}
_GROUP_SIGNS = re.compile("[-— ]+")
_AREA_CODE = re.compile(r"(?<![0-9.,\-])(0[0-9]{2,3}) {1,2}\Z")
_is_cut_before = re.compile(r"[.,\-—]").match
_is_cut_after = re.compile(r"[-.,—][0-9]").match
_MOST_GROUPS = 6


def joined_numbers(translated: str) -> list[str]:
    """Units of the grouped numbers (telephone numbers, ISBN) in a text translated by `SEPARATED`.

    >>> from index.analysis.grams import SEPARATED
    >>> joined_numbers("ISBN 978-7-111-21382-6".translate(SEPARATED))
    ['9787111213826·']
    """
    found: list[str] = []
    for sign, (separator, number) in _IN_GROUPS.items():
        if sign not in translated:
            continue
        done = 0
        for each in separator.finditer(translated):
            start = each.start()
            if start < done:
                continue
            while start > done and "0" <= translated[start - 1] <= "9":
                start -= 1
            whole = number.match(translated, start)
            assert whole is not None
            done = whole.end()
            if _is_cut_before(translated[start - 1 : start]) or _is_cut_after(translated, done):
                continue
            groups = _GROUP_SIGNS.split(whole[0].removeprefix("86 "))
            if sign != " " and (area := _AREA_CODE.search(translated, max(0, start - 7), start)):
                groups.insert(0, area[1])
            digits = "".join(groups)
            if len(groups) <= _MOST_GROUPS and FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
                found.append(digits + END)
    return found

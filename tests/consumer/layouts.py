"""usage: layouts.py DUMP

The structs that sdk/examples/python writes out are those of the ABI: each member where the
library has it, and the whole as large, or shorter where the struct begins with its size.
"""
import ctypes
import pathlib
import sys
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "sdk/examples/python"))
import heddle


def layouts(dump):
    """{name: (bytes, [(member, offset)])}"""
    return {e.get("name"): (int(e.get("size-in-bits")) // 8,
                            [(m.find("var-decl").get("name"),
                              int(m.get("layout-offset-in-bits")) // 8)
                             for m in e.findall("data-member")])
            for e in xml.parse(dump).iter("class-decl") if e.get("size-in-bits")}


def main():
    known = layouts(sys.argv[1])
    failed = False
    for name, struct in heddle.STRUCTS.items():
        size, members = known[name]
        own = []
        for cls in reversed(struct.__mro__):
            own += [(f[0], getattr(struct, f[0]).offset) for f in cls.__dict__.get("_fields_", [])]
        sized = members[0][0] == "size"
        if own != members[:len(own)] or not (sized or ctypes.sizeof(struct) == size):
            print(f"{name}: {own} of {ctypes.sizeof(struct)} bytes, not {members} of {size}")
            failed = True
    sys.exit(failed)


main()

# SPDX-License-Identifier: Apache-2.0
"""load_modules.py FILE...: asks the driver to load the device code of each shared object, container by container as the
CUDA runtime would, and prints as JSON what it said. Without a file: which GPU is the first. TMPLBUILD_LIBCUDA names
another libcuda. Finds containers by itself, so that our reader is not believed."""

import ctypes
import json
import os
import struct
import sys

MAGIC = 0xBA55ED50


class No(Exception):
    pass


class Driver:
    def __init__(self):
        name = os.environ.get("TMPLBUILD_LIBCUDA") or "libcuda.so.1"
        try:
            self.library = ctypes.CDLL(name)
        except OSError as why:
            raise No(f"{name} cannot be loaded: {why}") from None
        self.must("cuInit", 0)
        self.device = ctypes.c_int()
        self.must("cuDeviceGet", ctypes.byref(self.device), 0)

    def name_of(self, code):
        text = ctypes.c_char_p()
        self.library.cuGetErrorName(code, ctypes.byref(text))
        return f"{(text.value or b'error').decode()} ({code})"

    def call(self, function, *arguments):
        return getattr(self.library, function)(*arguments)

    def must(self, function, *arguments):
        code = self.call(function, *arguments)
        if code != 0:
            raise No(f"{function}: {self.name_of(code)}")

    def number(self, function, *arguments):
        out = ctypes.c_int()
        self.must(function, ctypes.byref(out), *arguments)
        return out.value

    def describe(self):
        name = ctypes.create_string_buffer(256)
        self.must("cuDeviceGetName", name, 256, self.device)
        major, minor = (self.number("cuDeviceGetAttribute", which, self.device) for which in (75, 76))
        cuda = self.number("cuDriverGetVersion")
        return {"name": name.value.decode(), "capability": f"{major}.{minor}", "cuda": f"{cuda // 1000}.{cuda % 1000 // 10}",
                "simulated": hasattr(self.library, "tmplbuild_simulated_driver")}

    def use_gpu(self):
        context = ctypes.c_void_p()
        self.must("cuDevicePrimaryCtxRetain", ctypes.byref(context), self.device)
        self.must("cuCtxSetCurrent", context)

    def load(self, container, names):
        """{"code":0} and for which arch the driver has each function; else its code with its name."""
        module = ctypes.c_void_p()
        code = self.call("cuModuleLoadData", ctypes.byref(module), container)
        archs = {}
        for name in names if code == 0 else []:
            function = ctypes.c_void_p()
            code = code or self.call("cuModuleGetFunction", ctypes.byref(function), module, name.encode())
            arch = ctypes.c_int()
            # CU_FUNC_ATTRIBUTE_BINARY_VERSION; beside the point where a driver does not tell it
            if code == 0 and self.call("cuFuncGetAttribute", ctypes.byref(arch), 6, function) == 0:
                archs[name] = arch.value
        if module:
            self.call("cuModuleUnload", module)
        return {"code": code, "name": self.name_of(code), "archs": archs}


def section(file, wanted):
    """The bytes of a section of a 64-bit ELF file, with its alignment kept by a copy of its own."""
    table, = struct.unpack_from("<Q", file, 40)
    size, count, names_at = struct.unpack_from("<HHH", file, 58)
    rows = [struct.unpack_from("<IIQQQQ", file, table + size * i) for i in range(count)]
    names = rows[names_at]
    for row in rows:
        start = names[4] + row[0]
        if file[start:file.index(b"\0", start)] == wanted:
            return file[row[4]:row[4] + row[5]]
    raise No(f"it has no section {wanted.decode()}")


def containers(file):
    with open(file, "rb") as opened:
        code = section(opened.read(), b".nv_fatbin")
    at = 0
    while at + 16 <= len(code):
        magic, _, head, size = struct.unpack_from("<IHHQ", code, at)
        if magic != MAGIC:
            raise No(f"{file}: no container where one should be")
        yield code[at:at + head + size]
        at = (at + head + size + 7) // 8 * 8


def main():
    try:
        driver = Driver()
        out = driver.describe() | {"files": {}}
        files = [argument.split("=", 1) for argument in sys.argv[1:]]  # FILE or FILE=JSON of each container's kernels
        if files:
            driver.use_gpu()
        for file, *names in files:
            units = json.loads(names[0]) if names else []
            out["files"][file] = [driver.load(container, units[i] if i < len(units) else [])
                                  for i, container in enumerate(containers(file))]
    except No as why:
        out = {"problem": str(why)}
    print(json.dumps(out))


if __name__ == "__main__":
    main()

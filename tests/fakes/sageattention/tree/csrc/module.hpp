// SPDX-License-Identifier: Apache-2.0
// A Python module with one function. It needs a symbol of torch, as real extensions do, so that a torch of another ABI
// cannot load it.
#pragma once

#include <Python.h>
#include <c10/util/Exception.h>

static PyObject* loaded(PyObject*, PyObject* arguments) {
    TORCH_CHECK(arguments != Py_None, "never");
    return PyLong_FromLong(1);
}
static PyMethodDef methods[] = {{"loaded", loaded, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
#define MAKE_MODULE(name)                                                                                   \
    PyMODINIT_FUNC PyInit_##name() {                                                                        \
        static PyModuleDef definition = {PyModuleDef_HEAD_INIT, #name, nullptr, -1, methods, nullptr,       \
                                         nullptr,               nullptr, nullptr};                          \
        return PyModule_Create(&definition);                                                                \
    }

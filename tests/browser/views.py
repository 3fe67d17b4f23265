# SPDX-License-Identifier: Apache-2.0
"""Views of a pod as the console gives them (GET /api/installation-status), step by step: what tests show to the pages."""
import copy

START = 1_700_000_000_000
GIB = 1 << 30
GPU = {"index": 0, "name": "NVIDIA GeForce RTX 3090", "capability": "8.6", "memory_bytes": 24 * GIB,
       "memory_used_bytes": 3 * GIB // 2, "load_percent": 12}


def service(name, state, **more):
    return {"name": name, "state": state, "reason": "", "since": START, "next_try": None, "port": None, "url": None,
            "public": False, "ready": state == "ready", "restarts": 0, "memory_kills": 0, "needs": [], "uses_kernels": [],
            "attention": None, **more}


def kernel(state, words, **more):
    return {"name": "sageattention", "state": state, "words": words, "reason": "", "since": START, "next_try": None,
            "mode": "background", "verdict": "missing", "arch": "86", "progress": None, "seconds_left": None,
            "simulated": False, **more}


def moment(seconds, who, text):
    return {"at": START + int(seconds * 1000), "who": who, "text": text}


def base(seconds):
    """A pod `seconds` after its start, with nothing running."""
    return {
        "comfyui_ready": False, "sageattention_complete": False, "installation_complete": False, "log": "", "progress": {},
        "processes": {}, "version": 1,
        "pod": {"name": "quickstart", "id": "k3x9v7q2m1", "state": "starting", "progress": 10,
                "now": START + int(seconds * 1000), "started": START},
        "launcher": {"state": "connected", "since": START, "reason": ""},
        "host": {"state": "usable", "reason": "driver 580.95.05 serves CUDA 13.0", "driver": "580.95.05", "cuda": "13.0",
                 "simulated": False, "cpus": 16, "pids_max": None, "warnings": []},
        "gpus": [copy.deepcopy(GPU)],
        "memory": {"used_bytes": 9 * GIB, "limit_bytes": 62 * GIB}, "disk": {"used_bytes": 7 * GIB, "total_bytes": 40 * GIB},
        "volume": {"state": "ok", "reason": "", "used_bytes": 61 * GIB, "total_bytes": 100 * GIB},
        "log_files": {"state": "writing", "reason": "", "folder": "/workspace/.tmplbuild/pods/k3x9v7q2m1/logs"},
        "components": [{"name": "pod.json", "state": "in use", "reason": "", "since": START, "next_try": None},
                       {"name": "control", "state": "listening", "reason": "/run/tmplbuild/control.sock", "since": START, "next_try": None}],
        "services": [], "kernels": [], "timeline": [moment(0, "launcher", "started")], "timeline_left_out": 0,
    }


def own():
    return [service("gateway", "ready"), service("console", "ready", port=8765, url="https://k3x9v7q2m1-8765.proxy.runpod.net/")]


def comfyui(state, **more):
    return service("comfyui", state, **{"port": 8188, "url": "https://k3x9v7q2m1-8188.proxy.runpod.net/",
                                        "uses_kernels": ["sageattention"], **more})


def others():
    return [service("jupyter", "ready", port=8888, url="https://k3x9v7q2m1-8888.proxy.runpod.net/", since=START + 2100),
            service("ssh", "ready", port=22, public=True, since=START + 300)]


def probing():
    """Half a second after the start: nobody has answered yet."""
    view = base(0.5)
    view["host"].update(state="probing", reason="", driver="", cuda="", cpus=None)
    view["gpus"] = []
    view["memory"] = {"used_bytes": None, "limit_bytes": None}
    view["disk"] = {"used_bytes": None, "total_bytes": None}
    view["volume"] = {"state": "unknown", "reason": "", "used_bytes": None, "total_bytes": None}
    view["services"] = [comfyui("waiting", reason="for the verdict about its kernel"),
                        service("jupyter", "starting", port=8888, url="https://k3x9v7q2m1-8888.proxy.runpod.net/"),
                        service("ssh", "starting", port=22, public=True), *own()]
    view["kernels"] = [kernel("waiting", "waiting for the GPU to be looked at", verdict="", arch="")]
    return view


def starting():
    view = base(4)
    view["pod"]["progress"] = 45
    view["services"] = [comfyui("starting", since=START + 1200, reason="nobody listens on 127.0.0.1:41000 yet",
                                attention="PyTorch's own: the kernel is still compiling"), *others(), *own()]
    view["kernels"] = [compiling(2, 290)]
    view["timeline"] += [moment(0.3, "ssh", "ready"), moment(1.1, "gpu", "RTX 3090 (8.6), driver 580.95.05"),
                         moment(1.2, "sageattention", "compiling for sm_86, in the background"), moment(1.2, "comfyui", "started"),
                         moment(2.1, "jupyter", "ready")]
    return view


def compiling(progress, seconds_left):
    minutes = max(1, round(seconds_left / 60))
    return kernel("compiling", f"compiling for your RTX 3090, about {minutes} minute{'s' if minutes > 1 else ''} left; "
                               "everything works meanwhile, attention is slower",
                  progress=progress, seconds_left=seconds_left, since=START + 1200)


def while_compiling(progress=38, seconds_left=236):
    view = starting()
    view["pod"].update(state="starting", progress=75, now=START + 150_000)
    view["comfyui_ready"] = True
    view["services"][0].update(state="ready", ready=True, reason="", since=START + 21_000)
    view["kernels"] = [compiling(progress, seconds_left)]
    view["timeline"] += [moment(21, "comfyui", "ready")]
    view["gpus"][0].update(memory_used_bytes=14 * GIB, load_percent=97)
    return view


def restarting_for_kernel():
    view = while_compiling(100, 0)
    view["pod"].update(state="starting", progress=80, now=START + 391_000)
    view["kernels"] = [kernel("available", "in place for your RTX 3090 (sm_86); services that start now use it", verdict="exact",
                              since=START + 388_000)]
    view["services"][0].update(state="stopping", ready=False, reason="restarts to use sageattention", since=START + 390_000)
    view["timeline"] += [moment(388, "sageattention", "available: compiled for sm_86"), moment(390, "comfyui", "restarts to use sageattention")]
    return view


def all_ready():
    view = restarting_for_kernel()
    view["pod"].update(state="ready", progress=100, now=START + 3_700_000)
    view["sageattention_complete"] = view["installation_complete"] = True
    view["services"][0].update(state="ready", ready=True, reason="", since=START + 402_000,
                               attention="sageattention, sm_86, since it started")
    view["kernels"] = [kernel("active", "in use on your RTX 3090", verdict="exact", since=START + 403_000)]
    view["timeline"] += [moment(402, "comfyui", "ready"), moment(403, "sageattention", "active: its self-test computed with it")]
    return view


def whole_compile():
    """A pod from its first moment to its kernel in use."""
    return [probing(), starting(), while_compiling(12, 300), while_compiling(38, 236), while_compiling(91, 28),
            restarting_for_kernel(), all_ready()]


def crashed():
    view = all_ready()
    now = view["pod"]["now"]
    view["pod"].update(state="degraded")
    view["services"][0].update(state="backoff", ready=False, reason="killed by Linux for memory (OOM)", since=now - 2000,
                               next_try=now + 8000, restarts=2, memory_kills=1, attention=None)
    view["services"].insert(2, service("models", "failed", reason="exit code 127: /opt/models/run: not found", since=START + 400))
    view["services"].insert(3, service("thumbnails", "blocked", reason="models failed, which it needs", needs=["models"], since=START + 400))
    view["kernels"][0].update(state="degraded", words="not used: comfyui ended before it was ready", reason="the service ended twice")
    view["timeline"] += [moment(3698, "comfyui", "ended: killed by Linux for memory (OOM)")]
    view["volume"].update(state="read-only", reason="a write was refused", used_bytes=97 * GIB)
    view["memory"]["used_bytes"] = 60 * GIB
    return view


def recovered():
    view = all_ready()
    view["services"][0].update(restarts=2, since=view["pod"]["now"] - 3000)
    return view


def no_gpu():
    view = all_ready()
    view["gpus"] = []
    view["host"].update(state="no-driver", reason="no NVIDIA driver is in this container", driver="", cuda="", pids_max=64, cpus=1.5,
                        warnings=["At most 64 processes may run here: programs that make many threads will fail."])
    view["kernels"] = [kernel("off", "not used: this pod has no GPU", verdict="unknown", arch="")]
    view["services"][0].update(attention="PyTorch's own: there is no GPU")
    return view


def launcher_lost(state="lost"):
    view = all_ready()
    view["kernels"] = while_compiling()["kernels"]
    view["launcher"] = {"state": state, "since": view["pod"]["now"] - 30_000, "reason": "nobody listens on its socket"}
    view["pod"]["state"] = "unknown"
    return view


def many():
    """Two GPUs, more services than fit one screen, a long time line, names that are long."""
    view = while_compiling()
    view["gpus"] = [{**GPU, "index": i, "name": "NVIDIA H100 80GB HBM3", "capability": "9.0", "memory_bytes": 80 * GIB,
                     "memory_used_bytes": used, "load_percent": load} for i, used, load in ((0, 77 * GIB, 99), (1, None, None))]
    view["services"][3:3] = [service(f"worker-of-a-very-long-name-number-{i}", "ready", port=9000 + i, restarts=i) for i in range(6)]
    view["kernels"].append({**kernel("failed", "could not be compiled; everything works, video is slower"), "name": "flash-attention-3",
                            "reason": "nvcc: error: identifier \"__nv_bfloat16\" is undefined in fused_kernels_with_a_long_name.cu"})
    view["timeline"] = [moment(i, "comfyui" if i % 2 else "launcher", f"moment {i}") for i in range(60)]
    view["timeline_left_out"] = 12
    return view

// SPDX-License-Identifier: Apache-2.0
#include "resolve/lock.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

static Lock whole_lock() {
    Lock lock;
    lock.packer = "1+zstd-1.5.4";
    LockedBase base{"debian", Sha256::of("request"), "bookworm", {}, {Sha256::of("layer")}, {}};
    base.packages = {{"base-files", "12.4", "amd64", "base-files_12.4_amd64.deb", Sha256::of("deb"), 70}};
    base.contract.glibc = "2.36";
    base.contract.python =
        PythonFacts{"/usr/bin/python3", "/usr/bin/python3.11", "3.11.2", "cpython-311", "cpython-311", "a70d0d0a"};
    base.contract.folders.symlinks["bin"] = "usr/bin";
    base.contract.folders.folders["tmp"] = {01777, 0, 0};
    lock.base = base;
    lock.venvs = {{"/opt/venv", Sha256::of("r"), {{"numpy", "2.0", "numpy-2.0-cp311.whl", Sha256::of("w"), 9, 2}}}};
    lock.venvs[0].distributions[0].source = "https://example.org/numpy-2.0-cp311.whl";
    lock.venvs[0].places = {{"https://example.org/simple"}, {"https://example.org/links"}, {"wheels"}};
    lock.apts = {{"apt:tools", Sha256::of("a"), base.packages}};
    lock.gits = {{"https://example.org/x", std::string(40, 'a'), std::string(40, 'b'), 1700000000}};
    lock.toolchain = LockedToolchain{
        "cuda-wheels", "13.0", Sha256::of("t"), {{"nvidia-cuda-nvcc", "13.0.88", "n.whl", Sha256::of("n"), 5, 0}}};
    lock.kernels = {{"sageattention",
                     Sha256::of("k"),
                     {{"ninja", "1.13.0", "ninja.whl", Sha256::of("ni"), 5, 0}},
                     {{"sageattention", "1.0.6", "s.whl", Sha256::of("s"), 5, 0}}}};
    lock.kernels[0].sdist = LockedDistribution{"flash-attn", "2.8.3", "flash_attn-2.8.3.tar.gz", Sha256::of("f"), 7};
    return lock;
}

TEST_CASE("a lock reads back as it was written, and equal locks are equal bytes") {
    const Lock lock = whole_lock();
    auto back = Lock::parse(lock.to_text(), "template.lock");
    REQUIRE(back);
    CHECK(*back == lock);
    CHECK(back->to_text() == lock.to_text());
    CHECK(Lock::parse(Lock{}.to_text(), "template.lock").value() == Lock{});
}

TEST_CASE("a base from a registry is pinned by its manifest's digest") {
    Lock lock = whole_lock();
    lock.base->kind = "image";
    lock.base->packages.clear();
    lock.base->image = Sha256::of("manifest");
    const std::string text = lock.to_text();
    CHECK(Lock::parse(text, "template.lock").value() == lock);
    const std::string pin = "\"image\": \"" + Sha256::of("manifest").to_string() + "\"";
    const std::size_t at = text.find(pin);
    REQUIRE(at != std::string::npos);
    for (const char* other : {R"("image": "latest")", R"("image": "")", R"("other": "")"}) {
        INFO(other);
        std::string damaged = text;
        CHECK_FALSE(Lock::parse(damaged.replace(at, pin.size(), other), "template.lock"));
    }
}

TEST_CASE("one package is one line of the lock, so that a diff shows what moved") {
    const std::string text = whole_lock().to_text();
    const std::size_t at = text.find("\"numpy\"");
    REQUIRE(at != std::string::npos);
    const std::string line = text.substr(text.rfind('\n', at) + 1, text.find('\n', at) - text.rfind('\n', at) - 1);
    CHECK(line.find(Sha256::of("w").hex()) != std::string::npos);
}

TEST_CASE("a damaged lock is one error that names the file and the way out") {
    const std::string good = whole_lock().to_text();
    auto damaged = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    for (const std::string& bad :
         {std::string(), std::string("[]"), good.substr(0, good.size() / 2),
          damaged("\"tmplbuild_lock\": 1", "\"tmplbuild_lock\": 2"),
          damaged("base-files_12.4_amd64.deb", "../../etc/passwd"), damaged("\"size\": 70", "\"size\": -70"),
          damaged(Sha256::of("deb").hex(), "zz"), damaged("\"version\": \"12.4\"", "\"version\": 12")}) {
        INFO(bad.substr(0, 200));
        auto parsed = Lock::parse(bad, "template.lock");
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().kind == ErrorKind::usage);
        CHECK(parsed.error().to_string().find("template.lock") != std::string::npos);
        CHECK_FALSE(parsed.error().hint.empty());
    }
}

// A lock comes with the template, from anybody; what it holds goes into commands, paths and addresses.
TEST_CASE("every field of a lock is read by the grammar that a template is read with") {
    Lock lock = whole_lock();
    lock.base->suites = {"bookworm", "bookworm-security"};
    lock.base->contract.interpreters["3.11"] = *lock.base->contract.python;
    lock.venvs[0].interpreter = "3.11";
    const std::string good = lock.to_text();
    REQUIRE(Lock::parse(good, "template.lock"));
    const std::vector<std::pair<std::string, std::string>> changes = {
        {R"("name": "base-files")", R"("name": "-oDPkg::Pre-Invoke::=id")"},
        {R"("name": "base-files")", R"("name": "base-files-")"},  // apt-get: remove it
        {R"("name": "base-files")", R"("name": "base,files")"},
        {R"("version": "12.4")", R"("version": "12.4 -oX=y")"},
        {R"("architecture": "amd64", "file")", R"("architecture": "x/y", "file")"},
        {R"("file": "base-files_12.4_amd64.deb")", R"("file": "-x.deb")"},
        {R"("kind": "debian")", R"("kind": "other")"},
        {R"("suite": "bookworm")", R"("suite": "--aptopt=x")"},
        {R"("bookworm-security")", R"("a b")"},
        {R"("packer": "1)", R"("packer": "\n1)"},
        {R"("name": "numpy")", R"("name": "--config-file=x")"},
        {R"("version": "2.0")", R"("version": "2.0 ; x")"},
        {R"("file": "numpy-2.0-cp311.whl")", R"("file": "..\u0000.whl")"},
        {R"("group": 2)", R"("group": -2)"},
        {R"("venv": "/opt/venv")", R"("venv": "/opt/../etc")"},
        {R"("interpreter": "3.11")", R"("interpreter": "-c")"},
        {R"("url": "https://example.org/x")", R"("url": "--upload-pack=x")"},
        {R"("url": "https://example.org/x")", R"("url": "ext::sh -c x")"},
        {R"("rev": "aaaa)", R"("rev": "--aa)"},
        {R"("tree": "bbbb)", R"("tree": "../b)"},
        {R"("step": "apt:tools")", R"("step": "-tools")"},
        {R"("kernel": "sageattention")", R"("kernel": "../x")"},
        {R"("name": "flash-attn")", R"("name": "-x")"},
        {R"("file": "flash_attn-2.8.3.tar.gz")", R"("file": "flash_attn-2.8.3-py3-none-any.whl")"},
        {R"("file": "flash_attn-2.8.3.tar.gz")", R"("source": "https://a.test/f.tar.gz", "file": "f-1.tar.gz")"},
        {R"("cuda": "13.0")", R"("cuda": "13.0 -x")"},
        {R"("name": "cuda-wheels")", R"("name": "-x")"},
        {R"("command": "/usr/bin/python3")", R"("command": "python3 -x")"},
        {R"("real_path": "/usr/bin/python3.11")", R"("real_path": "/usr/bin/x\ny")"},
        {R"("magic": "a70d0d0a")", R"("magic": "xx")"},
        {R"("glibc": "2.36")", R"("glibc": "2.36/..")"},
        {R"("bin": "usr/bin")", R"("bin": "../usr/bin")"},
        {R"("tmp": [)", R"("/tmp": [)"},
    };
    for (const auto& [from, to] : changes) {
        INFO(to);
        const std::size_t at = good.find(from);
        REQUIRE(at != std::string::npos);
        auto parsed = Lock::parse(std::string(good).replace(at, from.size(), to), "template.lock");
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().kind == ErrorKind::usage);
    }
}

TEST_CASE("a lock's addresses and paths are read with the grammar that a template's have") {
    const std::string good = whole_lock().to_text();
    const auto parsed = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return Lock::parse(text, "template.lock");
    };
    const std::string source = "\"source\": \"https://example.org/numpy-2.0-cp311.whl\"";
    CHECK(parsed(source, "\"source\": \"wheels/numpy-2.0-cp311.whl\""));
    const std::string commit(40, 'a');
    const auto sources =
        parsed(source, "\"source\": \"git+https://a.test/x@" + commit + "#subdirectory=py\", \"editable\": \"/opt/x\"");
    REQUIRE(sources);
    CHECK(sources->venvs[0].distributions[0].build_words() == std::vector<std::string>{"py", "0.0+gaaaaaaa", "/opt/x"});
    CHECK(Lock::parse(sources->to_text(), "template.lock").value() == *sources);
    CHECK(parsed(source, "\"source\": \"own/\""));
    for (const char* bad : {"../opt", "/", "/opt/../etc", "opt"})
        CHECK_FALSE(parsed(source, "\"source\": \"own/\", \"editable\": \"" + std::string(bad) + "\""));
    for (const std::string& bad : {std::string("git+https://a.test/x@main"), "git+ext::sh://x@" + commit,
                                   std::string("../own/"), "git+https://a.test/x@" + commit + "#subdirectory=../.."})
        CHECK_FALSE(parsed(source, "\"source\": \"" + bad + "\""));
    for (const char* bad : {"file:///etc/passwd", "/etc/passwd", "../../x.whl", "a/../../x.whl",
                            "https://me:secret@a.test/x.whl", "https://a.test/x y", "https://", "ftp://a.test/x"})
        CHECK_FALSE(parsed(source, "\"source\": \"" + std::string(bad) + "\""));
    CHECK_FALSE(parsed("\"https://example.org/simple\"", "\"file:///etc\""));
    CHECK_FALSE(parsed("\"https://example.org/links\"", "\"https://a.test/'x\""));
    CHECK_FALSE(parsed("\"wheels\"", "\"/etc\""));
}

TEST_CASE("the lock lies beside its template") {
    CHECK(lock_path("/a/template.toml") == "/a/template.lock");
    CHECK(lock_path("comfy.toml") == "comfy.lock");
}

// SPDX-License-Identifier: Apache-2.0
#include "python_place.hpp"

using namespace test;

namespace {

// A build backend small enough to read: it makes a wheel of what `files.json` of the source says.
const char* backend = R"(
import base64, hashlib, json, os, zipfile
def get_requires_for_build_wheel(settings=None):
    return json.load(open('requires.json')) if os.path.exists('requires.json') else []
def build_wheel(folder, settings=None, metadata=None):
    print('building in', os.getcwd())
    if os.path.exists('fail'): raise SystemExit('the compiler is missing')
    files = {'thing.py': 'EPOCH = %r\n' % os.environ['SOURCE_DATE_EPOCH'],
             'thing-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n',
             'thing-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\n'}
    b64 = lambda t: base64.urlsafe_b64encode(hashlib.sha256(t.encode()).digest()).decode().rstrip('=')
    rows = ''.join('%s,sha256=%s,%d\n' % (n, b64(t), len(t)) for n, t in files.items())
    files['thing-1.0.dist-info/RECORD'] = rows
    name = 'thing-1.0-py3-none-any.whl'
    if os.path.exists('link'): os.symlink('/etc/passwd', folder + '/' + name); return name
    with zipfile.ZipFile(folder + '/' + name, 'w') as z:
        for n, t in files.items(): z.writestr(zipfile.ZipInfo(n), t)
    return name
)";

struct SdistPlace : PythonPlace {
    SdistPlace() {
        spec.locked.builders = {put(TestWheel{.name = "tinybackend", .items = {{"tinybackend.py", backend}}})};
    }

    void sdist(const std::vector<std::pair<std::string, std::string>>& files, const std::string& top = "thing-1.0") {
        fs::remove_all(folder.path() / "src");
        for (const auto& [name, content] : files) {
            const fs::path file = folder.path() / "src" / top / name;
            fs::create_directories(file.parent_path());
            std::ofstream(file) << content;
        }
        const fs::path archive = folder.path() / "thing-1.0.tar.gz";
        REQUIRE(run({"tar", "-czf", archive, "-C", folder.path() / "src", top}).exit_code == 0);
        spec.locked.distributions = {put(archive, "thing", "1.0")};
    }
};

const std::pair<std::string, std::string> project = {
    "pyproject.toml", "[build-system]\nrequires = ['tinybackend']\nbuild-backend = 'tinybackend'\n"};

}  // namespace

TEST_CASE("an sdist becomes a wheel once, by its own backend") {
    SdistPlace place;
    place.sdist({project});
    place.build_and_lay_out();
    CHECK(place.run({place.venv / "bin/python", "-c", "import thing; print(thing.EPOCH)"}).out == "315532800\n");
    CHECK(place.sandbox.opened == 2);  // the build, the bytecode
    REQUIRE(place.build());
    CHECK(place.sandbox.opened == 2);  // its layer is in the store
    // Another builder may make another wheel; an equal one has its layer.
    place.spec.locked.builders[0] =
        place.put(TestWheel{.name = "tinybackend", .version = "2", .items = {{"tinybackend.py", backend}}});
    REQUIRE(place.build());
    CHECK(place.sandbox.opened == 3);
    CHECK(fs::is_empty(place.store.root() / "tmp"));
}

// cmake's wheel finds its program through its RECORD, and refuses to run without.
TEST_CASE("what builds an sdist is installed whole: its RECORD is there") {
    SdistPlace place;
    const std::string self = R"(
import importlib.metadata as m
def get_requires_for_build_wheel(settings=None):
    files = m.distribution('tinybackend').files
    if not files: raise SystemExit('no RECORD')
    print([str(f) for f in files if f.hash and f.read_binary() is None])
    raise SystemExit('%d files, the program at %s' % (len(files), [f.locate().name for f in files if 'bin/' in str(f)]))
)";
    place.spec.locked.builders = {place.put(TestWheel{.name = "tinybackend",
                                                      .items = {{"tinybackend.py", self}},
                                                      .entry_points = "[console_scripts]\ntiny = tinybackend:main\n"})};
    place.sdist({project});
    CHECK(says(place.refusal(), "7 files, the program at ['tiny']"));
}

TEST_CASE("a backend inside the sdist is found through backend-path, and only inside") {
    SdistPlace place;
    const std::string table = "[build-system]\nrequires = []\nbuild-backend = 'mine'\nbackend-path = ['";
    place.sdist({{"pyproject.toml", table + "tools']\n"}, {"tools/mine.py", backend}});
    CHECK(place.build());
    place.sdist({{"pyproject.toml", table + "../..']\n"}, {"tools/mine.py", backend}});
    CHECK(says(place.refusal(), "backend-path leads out"));
}

TEST_CASE("sources are built in the folder of their project, with the version that stands for git's tags") {
    SdistPlace place;
    const std::string tells = std::string(backend) + R"(
print('told', os.environ.get('SETUPTOOLS_SCM_PRETEND_VERSION'), os.environ.get('PDM_BUILD_SCM_VERSION'))
if os.path.exists('stop'): raise SystemExit('in ' + os.path.basename(os.getcwd()) + ' as ' + os.environ.get('SETUPTOOLS_SCM_PRETEND_VERSION', 'nothing'))
)";
    place.spec.locked.builders = {place.put(TestWheel{.name = "tinybackend", .items = {{"tinybackend.py", tells}}})};
    const auto from = [&](const std::string& fragment) {
        place.spec.locked.distributions[0].source = "git+https://a.invalid/x@" + std::string(40, 'a') + fragment;
    };
    place.sdist({{"deep/pyproject.toml", project.second}, {"deep/stop", ""}, {"outside", ""}});
    from("#rev=v1.5&subdirectory=deep");
    const std::string said = place.refusal();
    CHECK(says(said, "no wheel could be made of https://a.invalid/x at aaaaaaaaaaaa, folder deep"));
    CHECK(says(said, "in deep as 1.5"));
    // An unpacked sdist knows its own version.
    place.sdist({{"deep/pyproject.toml", project.second}, {"deep/stop", ""}, {"deep/PKG-INFO", "Version: 3\n"}});
    from("#subdirectory=deep");
    CHECK(says(place.refusal(), "in deep as nothing"));
    place.sdist({{"deep/pyproject.toml", project.second}});
    from("#subdirectory=deep");
    REQUIRE(place.build());
    const int opened = place.sandbox.opened;
    REQUIRE(place.build());
    CHECK(place.sandbox.opened == opened);  // the wheel is known, and so is its layer
    from("#rev=v2.0&subdirectory=deep");
    REQUIRE(place.build());
    CHECK(place.sandbox.opened == opened + 1);  // another version told, another build
}

TEST_CASE("editable sources lie where the image has them while their wheel is made") {
    SdistPlace place;
    const std::string editable = std::string(backend) + R"(
def build_editable(folder, settings=None, metadata=None):
    name = build_wheel(folder)
    with zipfile.ZipFile(folder + '/' + name) as z: files = {n: z.read(n).decode() for n in z.namelist()}
    files['thing.py'] = 'WHERE = %r, %r\n' % (os.getcwd(), open('data').read())
    info = 'thing-1.0.dist-info/'
    b64 = lambda t: base64.urlsafe_b64encode(hashlib.sha256(t.encode()).digest()).decode().rstrip('=')
    files[info + 'RECORD'] = ''.join('%s,sha256=%s,%d\n' % (n, b64(t), len(t)) for n, t in files.items() if n != info + 'RECORD')
    with zipfile.ZipFile(folder + '/' + name, 'w') as z:
        for n, t in files.items(): z.writestr(zipfile.ZipInfo(n), t)
    return name
)";
    const std::string there = place.folder.path() / "image/app";
    place.spec.locked.builders = {place.put(TestWheel{.name = "tinybackend", .items = {{"tinybackend.py", editable}}})};
    place.sdist({{"deep/pyproject.toml", project.second}, {"deep/data", "from here"}});
    place.spec.locked.distributions[0].source = "own/#subdirectory=deep";
    place.spec.locked.distributions[0].editable = there;
    fs::create_directories(there + "/deep");
    std::ofstream(there + "/deep/data") << "from the layer below";
    place.build_and_lay_out();
    CHECK(place.run({place.venv / "bin/python", "-c", "import thing; print(thing.WHERE)"}).out ==
          "('" + there + "/deep', 'from here')\n");
    // A backend without the hook: a copy.
    place.spec.locked.builders = {
        place.put(TestWheel{.name = "tinybackend", .version = "2", .items = {{"tinybackend.py", backend}}})};
    REQUIRE(place.build());
}

TEST_CASE("an sdist that cannot be built says why") {
    SdistPlace place;
    place.sdist({project, {"fail", ""}});
    std::string said = place.refusal();
    CHECK(says(said, "no wheel could be made of thing-1.0.tar.gz: its build backend failed"));
    CHECK(says(said, "the compiler is missing"));
    place.sdist(
        {{"pyproject.toml", "[build-system]\nrequires = ['absent-thing>=2']\nbuild-backend = 'tinybackend'\n"}});
    said = place.refusal();
    CHECK(says(said, "it needs more to be built than it says"));
    CHECK(says(said, "build_requirements = [\"absent-thing>=2\"]"));
    CHECK(says(said, "it needs to be built: absent-thing>=2"));
    place.sdist({project, {"requires.json", "[\"late-thing\"]"}});
    CHECK(says(place.refusal(), "it needs to be built: late-thing"));
    // maturin without cargo.
    place.sdist({project, {"requires.json", "[\"puccinialin\"]"}});
    CHECK(says(place.refusal(), "it is built with Rust, and there is none"));
    CHECK(says(place.refusal(), "packages = [\"cargo\"]"));
    place.sdist({project, {"link", ""}});
    CHECK(says(place.refusal(), "no plain file"));
    place.sdist({project}, "thing-1.0/deeper");
    CHECK(says(place.refusal(), "it needs to be built: setuptools"));  // what PEP 517 says where there is no table
    CHECK(fs::is_empty(place.store.root() / "tmp"));
}

// SPDX-License-Identifier: Apache-2.0
// Every command that reads an image, over every place that holds one, and every odd image: all of them agree.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "cli/commands.hpp"
#include "cli/registry_access.hpp"
#include "engine/local_facts.hpp"
#include "oci/import.hpp"
#include "support/catch.hpp"
#include "support/fake_http_server.hpp"
#include "support/made_image.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

// What commands say on stdout goes nowhere meanwhile.
class Quiet {
  public:
    Quiet() {
        std::fflush(stdout);
        const sys::Fd nowhere = sys::open_fd("/dev/null", O_WRONLY).value();
        ::dup2(nowhere.get(), STDOUT_FILENO);
    }
    ~Quiet() {
        std::fflush(stdout);
        ::dup2(kept_.get(), STDOUT_FILENO);
    }

  private:
    sys::Fd kept_{::dup(STDOUT_FILENO)};
};

// Empty when it works, else what is wrong.
std::string said(const std::function<void()>& work) {
    const Quiet quiet;
    try {
        work();
        return "";
    } catch (const BuildError& failed) {
        return failed.errors().front().message;
    }
}

struct Row {
    const char* name;
    std::function<void(MadeImage&)> spoil;  // ends with what finish() does
    std::string documents, layers;          // what readers of either say; empty: it can be read. `layers` "=": the same
    bool docker = false;                    // a docker-archive can be like that, too
};

void platform(json::object& entry, const char* os, const char* architecture) {
    entry["platform"] = json::object{{"os", os}, {"architecture", architecture}};
}

json::object attestation(MadeImage& image) {
    json::object entry = image.put(MadeImage::manifest_type, "{}");
    platform(entry, "unknown", "unknown");
    entry["annotations"] = json::object{{"vnd.docker.reference.type", "attestation-manifest"}};
    return entry;
}

std::string& first_layer(MadeImage& image) { return image.blobs[Sha256::of(gzip_of(image.tars[0])).hex()]; }

const std::vector<Row>& rows() {
    static const std::vector<Row> all = {
        {"plain", [](MadeImage& i) { i.finish(); }, "", "=", true},
        {"an index in an index", [](MadeImage& i) { i.index = {i.nested({i.nested({i.manifest()})})}; }, "", "="},
        {"BuildKit's attestations",
         [](MadeImage& i) {
             i.index = {i.nested({i.manifest(), attestation(i)})};
         },
         "", "="},
        {"attestations beside it",
         [](MadeImage& i) {
             i.index = {attestation(i), i.manifest()};
         },
         "", "="},
        {"an artifact beside it",
         [](MadeImage& i) {
             json::object note = i.put(MadeImage::manifest_type, "{}");
             note["artifactType"] = "application/vnd.dev.cosign.artifact.sig.v1+json";
             i.more_entries = {note};
             i.finish();
         },
         "", "="},
        {"indexes without end",
         [](MadeImage& i) { i.index = {i.nested({i.nested({i.nested({i.nested({i.manifest()})})})})}; }, "without end",
         "="},
        {"an empty index", [](MadeImage& i) { i.index = {i.nested({})}; }, "has no image", "="},
        {"other platforms only",
         [](MadeImage& i) {
             json::object arm = i.manifest();
             platform(arm, "linux", "arm64");
             i.index = {i.nested({arm, attestation(i)})};
         },
         "only for linux/arm64", "="},
        {"another platform by its configuration", [](MadeImage& i) { i.architecture = "arm64", i.finish(); },
         "linux/arm64", "=", true},
        {"two tags",
         [](MadeImage& i) {
             json::object one = i.manifest();
             i.extra_config["author"] = "another";
             json::object two = i.manifest();
             one["annotations"] = json::object{{"org.opencontainers.image.ref.name", "one"}};
             two["annotations"] = json::object{{"org.opencontainers.image.ref.name", "two"}};
             i.index = {one, two};
         },
         "several images", "="},
        {"schema 1",
         [](MadeImage& i) {
             i.extra_entry["mediaType"] = "application/vnd.docker.distribution.manifest.v1+prettyjws", i.finish();
         },
         "which is no image", "="},
        {"schemaVersion 1", [](MadeImage& i) { i.extra_manifest["schemaVersion"] = 1, i.finish(); }, "schemaVersion",
         "="},
        {"a manifest that is an index, too",
         [](MadeImage& i) { i.extra_manifest["manifests"] = json::array{}, i.finish(); }, "at once", "="},
        {"a huge manifest",
         [](MadeImage& i) {
             i.extra_manifest["annotations"] = json::object{{"x", std::string(5 << 20, 'x')}}, i.finish();
         },
         "larger than", "="},
        {"a deep manifest",
         [](MadeImage& i) {
             json::value deep = 1;
             for (int level = 0; level < 100; ++level) deep = json::array{deep};
             i.extra_manifest["x"] = deep, i.finish();
         },
         "not valid JSON", "="},
        {"a manifest of another size", [](MadeImage& i) { i.extra_entry["size"] = 7, i.finish(); },
         "does not have its digest and size", "="},
        {"a manifest of another digest",
         [](MadeImage& i) {
             i.finish();
             i.blobs[MadeImage::hex(i.index[0])].back() = ' ';
         },
         "does not have its digest and size", "="},
        {"no manifest", [](MadeImage& i) { i.finish(), i.blobs.erase(MadeImage::hex(i.index[0])); }, "", "documents"},
        {"no configuration", [](MadeImage& i) { i.finish(), i.blobs.erase(Sha256::of(i.config()).hex()); }, "",
         "documents"},
        {"foreign layers",
         [](MadeImage& i) { i.extra_layer["urls"] = json::array{"https://elsewhere.example/"}, i.finish(); }, "URL",
         "="},
        {"nondistributable layers",
         [](MadeImage& i) {
             i.layer_type = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", i.finish();
         },
         "cannot be read", "="},
        {"layers of xz", [](MadeImage& i) { i.layer_type = "application/vnd.oci.image.layer.v1.tar+xz", i.finish(); },
         "cannot be read", "="},
        {"a digest that is a path",
         [](MadeImage& i) { i.extra_layer["digest"] = "sha256:../../../../etc/passwd", i.finish(); },
         "without a sha256 digest", "="},
        {"fewer diff IDs than layers",
         [](MadeImage& i) {
             i.extra_config["rootfs"] = json::object{{"type", "layers"}, {"diff_ids", json::array{}}}, i.finish();
         },
         "layers, and the image has 2", "=", true},
        {"no layer", [](MadeImage& i) { i.finish(), i.blobs.erase(Sha256::of(gzip_of(i.tars[0])).hex()); }, "",
         "blobs/sha256/"},
        {"a layer of another digest", [](MadeImage& i) { i.finish(), first_layer(i)[12] ^= 1; }, "", "blobs/sha256/"},
        {"a layer of another size", [](MadeImage& i) { i.finish(), first_layer(i) += "x"; }, "", "bytes"},
        {"a size that is claimed", [](MadeImage& i) { i.extra_layer["size"] = 5, i.finish(); }, "", "bytes"},
        {"another content than the configuration says",
         [](MadeImage& i) {
             const std::string tar = i.tars[0];
             i.tars[0] = tar_of({{"x", "other"}});
             i.extra_config["rootfs"] = json::object{
                 {"type", "layers"}, {"diff_ids", {Sha256::of(tar).to_string(), Sha256::of(i.tars[1]).to_string()}}};
             i.finish();
         },
         "", "does not ", true},
        {"compressed in another way than it says",
         [](MadeImage& i) { i.layer_type = layer_media_type(Compression::zstd), i.finish(); }, "",
         "not compressed as its media type"},
        {"a layer without any bytes", [](MadeImage& i) { i.tars.emplace_back(""), i.finish(); }, "", "=", true},
        {"one layer twice", [](MadeImage& i) { i.tars.push_back(i.tars[0]), i.finish(); }, "", "=", true},
    };
    return all;
}

bool agrees(const std::string& message, const std::string& expected) {
    UNSCOPED_INFO("it says: " << message);
    return expected.empty() ? message.empty() : message.find(expected) != std::string::npos;
}

// What a registry, which has names and statuses in the place of files, says of it.
std::string in_registry(const std::string& expected) {
    if (expected == "file") return "HTTP status 404";
    if (expected == "blobs/sha256/") return "sha256:";
    return expected == "does not have its digest and size" ? "digest" : expected;
}

}  // namespace

TEST_CASE("every command reads every image in every place alike") {
    const auto work = sys::TempDirectory::make(fs::temp_directory_path(), "readers-").value();
    FakeHttpServer registry({work.path().string()}, "registry_server.py");
    int number = 0;
    for (const Row& row : rows()) {
        MadeImage image;
        row.spoil(image);
        const fs::path folder = work.path() / std::to_string(++number);
        image.write_layout(folder / "layout");
        image.write_oci_archive(folder / "oci.tar");
        std::vector<std::string> names{(folder / "layout").string(), "oci:" + (folder / "layout").string(),
                                       "oci-archive:" + (folder / "oci.tar").string()};
        if (row.docker) {
            image.write_docker_archive(folder / "docker.tar");
            names.push_back("docker-archive:" + (folder / "docker.tar").string());
        }
        names.push_back("docker://127.0.0.1:" + registry.port() + "/" + std::to_string(number) + "/layout");
        // "documents": without one of them, in the words of the place ("no such file", "holds no file").
        const bool lacks = row.layers == "documents";
        for (const std::string& name : names) {
            INFO(row.name << ": " << name);
            const auto parsed = oci::ImageName::parse(name).value();
            cli::Options options;
            options.image = name;
            std::string documents = lacks ? "file" : row.documents;
            std::string layers = lacks ? "file" : row.layers == "=" ? row.documents : row.layers;
            if (parsed.kind == oci::ImageName::Kind::registry)
                documents = in_registry(documents), layers = in_registry(layers);
            ::setenv("TMPLBUILD_CACHE", (folder / "store").c_str(), 1);
            CHECK(agrees(said([&] { cli::run_inspect(options, {}); }), documents));
            CHECK(agrees(said([&] { cli::run_gpus(options, {}); }), documents));
            options.can_run = "RTX 4090";
            if (parsed.kind != oci::ImageName::Kind::docker_archive)
                CHECK(agrees(said([&] { cli::run_inspect(options, {}); }), documents));
            if (parsed.kind == oci::ImageName::Kind::layout) {
                Template tmpl;
                tmpl.base = LayoutBase{parsed.path, parsed.tag};
                const Store store = Store::open(folder / "store").value();
                CHECK(agrees(said([&] { find_local_facts(tmpl, {}, store); }), documents));
            }
            CHECK(agrees(said([&] { cli::run_verify(options, {}); }), layers));
            CHECK(agrees(said([&] {
                             const Store fresh = Store::open(folder / ("base" + std::to_string(names.size()))).value();
                             oci::import_image(fresh, cli::open_image(name, options, {})).value();
                             REQUIRE(sys::remove_tree(fresh.root()));
                         }),
                         layers));
            REQUIRE(sys::remove_tree(folder / "store"));
        }
    }
    ::unsetenv("TMPLBUILD_CACHE");
}

TEST_CASE("an archive that is cut off is an error for every reader, wherever the cut is") {
    const auto work = sys::TempDirectory::make(fs::temp_directory_path(), "readers-").value();
    MadeImage image;
    image.finish();
    image.write_docker_archive(work.path() / "docker.tar");
    // The large blobs last: what is cut off is content that nobody reads while the names are listed.
    const auto files = image.files();
    REQUIRE(sys::write_file_atomic(work.path() / "oci.tar", tar_of({files.rbegin(), files.rend()})));
    for (const char* kind : {"oci", "docker"}) {
        const fs::path whole = work.path() / (std::string(kind) + ".tar"), cut = work.path() / "cut.tar";
        const std::string bytes = sys::read_file(whole).value();
        for (std::size_t size = 100; size + 20'000 < bytes.size(); size += bytes.size() / 7) {
            INFO(kind << " cut at " << size);
            REQUIRE(sys::write_file_atomic(cut, bytes.substr(0, size)));
            CHECK_FALSE(oci::ImageSource::open(oci::ImageName::parse(kind + ("-archive:" + cut.string())).value()));
        }
    }
}

TEST_CASE("a name that stands twice in an archive is refused where it says which image is meant") {
    const auto work = sys::TempDirectory::make(fs::temp_directory_path(), "readers-").value();
    MadeImage image;
    image.finish();
    const auto files = image.files();
    std::vector<std::pair<std::string, std::string>> twice(files.begin(), files.end());
    twice.emplace_back("index.json", "{}");
    REQUIRE(sys::write_file_atomic(work.path() / "a.tar", tar_of(twice)));
    const auto read = oci::ImageSource::open({oci::ImageName::Kind::oci_archive, work.path() / "a.tar", "", ""});
    CHECK(read.error().message.find("twice") != std::string::npos);
}

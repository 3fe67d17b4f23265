// SPDX-License-Identifier: Apache-2.0
// The merged view of layers, Python's files and versions: the parts that verify is made of.
#include "kernel/make_library.hpp"
#include "support/catch.hpp"
#include "verify/distribution_check.hpp"
#include "verify/loader.hpp"
#include "verify/python_view.hpp"
#include "verify/root_view.hpp"

using namespace tmplbuild;
using kernel::IndexedFile;
using Type = IndexedFile::Type;
namespace make = kernel::make;

namespace {

// Layers made one after the other, and the view of all of them.
class Layers {
  public:
    struct Change {
        std::string path;
        IndexedFile file;
        bool opaque = false;
    };
    void add(const std::vector<Change>& changes) {
        kernel::LayerIndexBuilder builder;
        for (const Change& change : changes) {
            builder.add_file(change.path, change.file);
            if (change.opaque) builder.add_opaque(change.path);
        }
        add(builder);
    }
    void add(kernel::LayerIndexBuilder& builder) {
        texts_.push_back(std::make_unique<std::string>(builder.finish({})));
        indexes_.push_back(
            std::make_unique<kernel::LayerIndex>(kernel::LayerIndex::open(make::as_bytes(*texts_.back())).value()));
    }
    RootView view() const {
        std::vector<const kernel::LayerIndex*> out;
        for (const auto& index : indexes_) out.push_back(index.get());
        return RootView(out);
    }

  private:
    std::vector<std::unique_ptr<std::string>> texts_;
    std::vector<std::unique_ptr<kernel::LayerIndex>> indexes_;
};

const IndexedFile folder{Type::directory, 0755, 0, ""}, file{Type::file, 0644, 1, ""}, gone{Type::whiteout, 0, 0, ""};
IndexedFile link(const std::string& to) { return {Type::symlink, 0777, 0, to}; }

std::string where(const RootView& view, const std::string& path) {
    const auto node = view.find(path);
    return node ? node->path + "@" + std::to_string(node->layer) : "nothing";
}

}  // namespace

TEST_CASE("the root is what the layers make of it") {
    Layers layers;
    layers.add({{"bin", link("usr/bin")},
                {"usr", folder},
                {"usr/bin", folder},
                {"usr/bin/sh", link("dash")},
                {"usr/bin/dash", file},
                {"etc", folder},
                {"etc/a", file},
                {"etc/b", file},
                {"opt", folder},
                {"opt/old", folder},
                {"opt/old/x", file},
                {"opt/deep", folder},
                {"opt/deep/er", folder},
                {"opt/deep/er/y", file},
                {"self", link("/self")},
                {"up", link("../../etc/./a")}});
    layers.add(
        {{"etc/a", gone}, {"etc/c", file}, {"opt/old", folder, true}, {"opt/old/new", file}, {"opt/deep", file}});
    layers.add({{"etc/b", file}, {"implied/only/by/name", file}});
    const RootView view = layers.view();
    CHECK(where(view, "/bin/sh") == "usr/bin/dash@0");
    CHECK(where(view, "bin//./../bin/sh") == "usr/bin/dash@0");
    CHECK(where(view, "etc/a") == "nothing");
    CHECK(where(view, "up") == "nothing");
    CHECK(where(view, "etc/b") == "etc/b@2");
    CHECK(where(view, "etc/b/more") == "nothing");
    CHECK(where(view, "opt/old/x") == "nothing");
    CHECK(where(view, "opt/old/new") == "opt/old/new@1");
    CHECK(where(view, "opt/deep") == "opt/deep@1");
    CHECK(where(view, "opt/deep/er/y") == "nothing");
    CHECK(where(view, "self") == "nothing");
    CHECK(where(view, "implied/only") == "implied/only@2");
    CHECK(where(view, "") == "@0");
    CHECK(view.leads_to("/bin/sh") == "usr/bin/dash");
    CHECK(view.leads_to("bin/none/../more") == "usr/bin/more");
    CHECK(view.leads_to("etc/b/more") == "etc/b/more");
    CHECK(view.leads_to("self").empty());
    CHECK(view.names_in("/etc") == std::vector<std::string>{"b", "c"});
    CHECK(view.names_in("opt/old") == std::vector<std::string>{"new"});
    CHECK(view.names_in("bin") == std::vector<std::string>{"dash", "sh"});
    CHECK(view.names_in("etc/b").empty());
    CHECK(view.names_in("") == std::vector<std::string>{"bin", "etc", "implied", "opt", "self", "up", "usr"});
}

TEST_CASE("libraries are searched for as ld.so does") {
    Layers layers;
    kernel::LayerIndexBuilder builder;
    const auto library = [&](const std::string& path, const make::Library& spec) {
        builder.add_file(path, file);
        builder.add_elf(path, kernel::read_elf(make::as_bytes(make::shared_object(spec))).value());
    };
    library("app/main", {"", {"liba.so", "libb.so", "libc.so"}, nullptr, "$ORIGIN/lib", {}, {}});
    library("app/lib/liba.so",
            {"liba.so", {"libd.so"}, nullptr, nullptr, {}, {}});  // main's DT_RPATH leads to d as well
    library("app/lib/libd.so", {"libd.so", {"libe.so"}, "/nowhere", nullptr, {}, {}});
    library("app/lib/libe.so", {"libe.so", {}, nullptr, nullptr, {}, {}});  // hidden by d's own DT_RUNPATH
    library("usr/lib/libb.so", {"libb.so", {}, nullptr, nullptr, {}, {}});
    library("own/libb.so", {"libb.so", {}, nullptr, nullptr, {}, {}});  // LD_LIBRARY_PATH comes first
    library("usr/lib/libc.so", {"other-name.so", {"other-name.so", "libc.so"}, nullptr, nullptr, {}, {}});
    layers.add(builder);
    const RootView view = layers.view();
    Loader loader(view, "/own");
    const std::size_t main = loader.load(*view.find("app/main"));
    std::vector<std::string> loaded;
    for (const std::size_t object : loader.closure(main)) loaded.push_back(loader.objects()[object].node.path);
    CHECK(loaded ==
          std::vector<std::string>{"app/main", "app/lib/liba.so", "own/libb.so", "usr/lib/libc.so", "app/lib/libd.so"});
    for (const LoadedObject& object : loader.objects())
        CHECK(object.not_found == (object.node.path == "app/lib/libd.so" ? std::vector<std::string>{"libe.so"}
                                                                         : std::vector<std::string>{}));
    CHECK(loader.load(*view.find("app/main")) == main);
    CHECK(loader.find_library("libb.so")->path == "own/libb.so");
}

TEST_CASE("versions compare as PEP 440 has it") {
    const auto fits = [](const char* version, const char* specifiers) { return version_fits(version, specifiers); };
    CHECK(fits("2.11.0", ">=2.4,<3") == true);
    CHECK(fits("2.11.0", "==2.11.*") == true);
    CHECK(fits("2.11.0", "==2.11") == true);
    CHECK(fits("2.11.0+cu130", "==2.11.0") == true);
    CHECK(fits("2.11.0+cu130", "==2.11.0+cu128") == false);
    CHECK(fits("2.11.0", "!=2.11.*") == false);
    CHECK(fits("2.11.0", "~=2.10") == true);
    CHECK(fits("3.0", "~=2.10") == false);
    CHECK(fits("2.10.5", "~=2.10.1") == true);
    CHECK(fits("2.11.0", "~=2.10.1") == false);
    CHECK(fits("2.11.0rc1", "<2.11.0") == true);
    CHECK(fits("2.11.0.dev20260101", "<2.11.0a1") == true);
    CHECK(fits("2.11.0.post1", ">2.11.0") == true);
    CHECK(fits("2.9", "<2.11") == true);
    CHECK(fits("1!1.0", ">2") == true);
    CHECK(fits("v1.0-beta.2", "==1.0b2") == true);
    CHECK(fits("2.0", "") == true);
    CHECK_FALSE(fits("not a version", "==1"));
    CHECK_FALSE(fits("1.0", "~=1"));
    CHECK_FALSE(fits("1.0", "=1"));
}

TEST_CASE("METADATA is read to the end of its header") {
    const InstalledDistribution found = parse_metadata(
        "Metadata-Version: 2.1\r\nName: Flash_Attn.Two\nVersion: 1.0 \nRequires-Dist: torch>=2 ; python_version<'4'\n\n"
        "Name: not this\n");
    CHECK(found.name == "flash-attn-two");
    CHECK(found.version == "1.0");
    CHECK(found.requirements == std::vector<std::string>{"torch>=2 ; python_version<'4'"});
    CHECK(parse_metadata("").name.empty());
}

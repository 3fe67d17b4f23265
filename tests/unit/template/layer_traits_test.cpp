// SPDX-License-Identifier: Apache-2.0
#include "template/layer_traits.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

Layer layer(const std::string& name, LayerBody body) { return {name, std::move(body), {}, {}}; }

std::vector<std::string> texts(std::span<const std::string> list) { return {list.begin(), list.end()}; }

}  // namespace

TEST_CASE("each kind of layer says which step makes it and how many layers that is at least") {
    struct Row {
        Layer layer;
        std::string step;
        std::size_t least;
        bool known_files;
    };
    PythonLayer python;
    python.venv = "/opt/venv";
    const Row rows[] = {
        {layer("notes", FilesLayer{{FileItem{.source = "/notes"}}}), "files:notes", 1, true},
        {layer("tool", FetchLayer{}), "fetch:tool", 1, false},
        {layer("comfyui", GitLayer{}), "git:comfyui", 1, true},
        {layer("ffmpeg", AptLayer{}), "apt:ffmpeg", 0, false},
        {layer("numpy", python), "python:/opt/venv", 1, false},
        {layer("torch", python), "python:/opt/venv", 1, false},
        {layer("links", RunLayer{}), "run:links", 1, false},
    };
    for (const Row& row : rows) {
        INFO(row.layer.name);
        const LayerTraits traits = traits_of(row.layer);
        CHECK(traits.step == row.step);
        CHECK(traits.least_layers == row.least);
        CHECK(traits.has_known_files() == row.known_files);
    }
}

TEST_CASE("what a layer takes is told by its kind") {
    const Layer files = layer("notes", FilesLayer{{FileItem{.source = "/notes"}, FileItem{.text = "hello"}}});
    CHECK(traits_of(files).copied.size() == 2);
    const Layer git =
        layer("comfyui", GitLayer{.url = "https://example.org/comfyui", .rev = {}, .dest = "/opt/comfyui"});
    REQUIRE(traits_of(git).commit != nullptr);
    CHECK(traits_of(git).commit->dest == "/opt/comfyui");
    RunLayer run;
    CHECK(traits_of(layer("links", run)).after.empty());
    run.after = {"notes", "comfyui"};
    run.secrets = {"token"};
    const Layer links = layer("links", run);
    CHECK(texts(traits_of(links).after) == std::vector<std::string>{"notes", "comfyui"});
    CHECK(texts(traits_of(links).secrets) == std::vector<std::string>{"token"});
}

TEST_CASE("every list of a layer that leaves out the tool's own files can be set") {
    Layer files = layer("notes", FilesLayer{{FileItem{.source = "/notes"}, FileItem{.source = "/more"}}});
    for (auto* list : own_file_lists(files)) *list = {"/out"};
    for (const FileItem& item : std::get<FilesLayer>(files.body).items)
        CHECK(item.own == std::vector<std::filesystem::path>{"/out"});
    Layer venv = layer("numpy", PythonLayer{});
    for (auto* list : own_file_lists(venv)) *list = {"/out"};
    CHECK(std::get<PythonLayer>(venv.body).own == std::vector<std::filesystem::path>{"/out"});
    Layer apt = layer("ffmpeg", AptLayer{});
    CHECK(own_file_lists(apt).empty());
}

// SPDX-License-Identifier: Apache-2.0
// Outputs appear whole or not at all, each by itself: what was there before a failure or a stop is there after it.
#include "engine/outputs.hpp"

#include <algorithm>
#include <map>

#include "oci/image_source.hpp"
#include "pack/layer_writer.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

// What each output was told to have ended with, and a stop at the first bytes of one.
struct OutputProgress : SilentProgress {
    std::map<std::string, StepOutcome> ended_with{};
    std::string stop_at{};
    std::stop_source stop{};
    void bytes(const std::string& output, std::uint64_t, std::uint64_t) override {
        if (output == stop_at) stop.request_stop();
    }
    void finished(const std::string& output, StepOutcome outcome, double, const std::string&) override {
        ended_with[output] = outcome;
    }
};

struct OutputPlace {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "outputs-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    OutputProgress progress{};
    std::vector<oci::ImageName> outputs = {named("oci-archive:", "first.tar"), named("docker-archive:", "second.tar"),
                                           named("oci:", "third")};

    oci::ImageName named(const std::string& kind, const std::string& name) const {
        return oci::ImageName::parse(kind + (folder.path() / "out" / name).string()).value();
    }
    oci::Image image(const std::string& content) const {
        oci::ImageSpec spec;
        for (const std::string& text : {content, std::string(3 << 20, 'x')}) {
            LayerWriter writer(store, {Compression::zstd, "files"});
            REQUIRE(writer.add_text({.path = "file"}, text));
            spec.layers.push_back(writer.finish().value());
        }
        spec.entrypoint = {"/launcher"};
        return oci::assemble_image(store, spec).value();
    }
    void write(const oci::Image& image) {
        write_outputs(store, image, "example", outputs, nullptr, oci::store_place(store), progress,
                      progress.stop.get_token());
    }
    std::vector<std::string> files() const {
        std::vector<std::string> out;
        for (const auto& file : fs::directory_iterator(folder.path() / "out")) out.push_back(file.path().filename());
        std::sort(out.begin(), out.end());
        return out;
    }
    // The content of the image that is read back from an output, as one digest.
    static Digest content_of(const oci::ImageName& output) {
        auto source = oci::ImageSource::open(output);
        REQUIRE(source);
        return Sha256::of(json::canonical(source->config_document()));
    }
};

}  // namespace

TEST_CASE("one image goes to every output that was named") {
    OutputPlace place;
    const oci::Image image = place.image("one");
    check_outputs(place.outputs);
    place.write(image);
    CHECK(place.files() == std::vector<std::string>{"first.tar", "second.tar", "third"});
    CHECK(place.progress.ended_with.at(place.outputs[0].to_string()) == StepOutcome::built);
    for (const oci::ImageName& output : place.outputs)
        CHECK(place.content_of(output) ==
              Sha256::of(json::canonical(json::parse(image.config, "config")->get_object())));
}

TEST_CASE("an output that fails leaves what was there, and nothing half-written") {
    OutputPlace place;
    const oci::Image before = place.image("one");
    place.write(before);
    const Digest was = place.content_of(place.outputs[1]);
    const oci::Image after = place.image("two");
    // A blob that went away under the builder: the first output that needs it cannot be written.
    fs::remove(place.store.blob_path(after.layers.front().digest));
    place.outputs.erase(place.outputs.begin());
    CHECK_THROWS_AS(place.write(after), BuildError);
    CHECK(place.progress.ended_with.at(place.outputs[0].to_string()) == StepOutcome::failed);
    CHECK(place.files() == std::vector<std::string>{"first.tar", "second.tar", "third"});
    CHECK(place.content_of(place.outputs[0]) == was);
    CHECK(place.content_of(place.outputs[1]) == was);
}

TEST_CASE("a stop leaves whole what was written and begins nothing else") {
    OutputPlace place;
    place.progress.stop_at = place.outputs[1].to_string();
    CHECK_THROWS_AS(place.write(place.image("one")), BuildError);
    CHECK(place.progress.ended_with.at(place.outputs[0].to_string()) == StepOutcome::built);
    CHECK(place.progress.ended_with.at(place.outputs[1].to_string()) == StepOutcome::stopped);
    CHECK(place.files() == std::vector<std::string>{"first.tar"});
}

TEST_CASE("two things that are written to one place are refused, the metadata's file among them") {
    const OutputPlace place;
    const fs::path file = place.folder.path() / "out/first.tar";
    CHECK_NOTHROW(check_outputs(place.outputs, {place.folder.path() / "out/metadata.json"}));
    try {
        check_outputs(place.outputs, {place.folder.path() / "out/../out/first.tar"});
        FAIL("nothing was refused");
    } catch (const BuildError& error) {
        CHECK(error.errors().front().message.find("-o oci-archive:" + file.string() + " and --metadata-file ") == 0);
        CHECK(error.errors().front().message.ends_with(" write to one place"));
    }
}

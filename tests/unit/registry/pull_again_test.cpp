// SPDX-License-Identifier: Apache-2.0
// The layers of a registry's image on their way into the store: several at once, and gone on with by a later pull.
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "fake_registry.hpp"
#include "oci/import.hpp"
#include "registry/place.hpp"
#include "store/partial_blob.hpp"
#include "support/made_image.hpp"
#include "sys/locked_file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;
namespace fs = std::filesystem;

namespace {

struct PulledImage {
    FakeRegistry fake{};
    MadeImage image{};
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "pull-").value();
    Store store = Store::open(folder.path()).value();
    std::size_t cut_at = 0;  // bytes of the first layer, after which nothing more comes; 0: all of it comes
    std::atomic<int> layers_asked = 0;
    std::vector<std::uint64_t> first_bytes{};  // of the requests for the first layer

    PulledImage() {
        image.finish();
        fake.answer = [this](const io::HttpRequest& request, const std::string&) { return answer(request); };
    }
    io::HttpResponse answer(const io::HttpRequest& request) {
        const json::object& top = image.index[0].as_object();
        const std::string what = request.url.substr(request.url.rfind('/') + 1);
        const auto at = image.blobs.find(what == "1" ? MadeImage::hex(top) : what.substr(7));
        if (at == image.blobs.end()) return {.status = 404, .headers = {}, .body = {}, .final_url = {}};
        const bool is_document = what == "1" || at->second.starts_with("{");
        io::HttpResponse out{.status = request.first_byte == 0 ? 200 : 206,
                             .headers = {{"content-type", MadeImage::manifest_type}},
                             .body = at->second.substr(request.first_byte),
                             .final_url = {}};
        if (is_document) return out;
        ++layers_asked;
        if (what != first_layer().to_string()) return out;
        first_bytes.push_back(request.first_byte);
        if (cut_at == 0) return out;
        out.body = request.first_byte == 0 ? out.body.substr(0, cut_at) : "";
        out.headers["x-then-cut"] = "1";
        return out;
    }
    oci::ImageSource source() {
        const auto client = std::make_shared<Client>(fake.client());
        return open_image(oci::ImageName::parse("docker://ghcr.io/me/x:1").value(), client, {}).value();
    }
    json::object image_manifest() const {
        return json::parse(image.blobs.at(MadeImage::hex(image.index[0])), "manifest").value().get_object();
    }
    Digest first_layer() const {
        return Digest::parse(
                   std::string(image_manifest().at("layers").as_array()[0].as_object().at("digest").as_string()))
            .value();
    }
    Result<oci::ImportedImage> pull() { return oci::import_image(store, source()); }
    fs::path left(const Digest& digest) const { return store.root() / "pulls" / digest.hex(); }
};

}  // namespace

TEST_CASE("a pull goes on where an earlier one was cut off") {
    PulledImage pulled;
    pulled.cut_at = 10;
    REQUIRE_FALSE(pulled.pull());
    REQUIRE(fs::file_size(pulled.left(pulled.first_layer())) == 10);
    pulled.cut_at = 0;
    pulled.first_bytes.clear();
    SECTION("with what is there") {
        const auto image = pulled.pull();
        REQUIRE(image);
        CHECK(pulled.first_bytes == std::vector<std::uint64_t>{10});
    }
    SECTION("which may be damaged") {
        std::ofstream(pulled.left(pulled.first_layer())) << "0123456789";
        REQUIRE(pulled.pull());
        CHECK(pulled.first_bytes.back() == 0);
    }
    SECTION("or longer than the layer") {
        std::ofstream(pulled.left(pulled.first_layer())) << std::string(1 << 20, 'x');
        REQUIRE(pulled.pull());
        CHECK(pulled.first_bytes == std::vector<std::uint64_t>{0});
    }
    SECTION("or what another process works on now") {
        const auto held = sys::open_locked(pulled.left(pulled.first_layer())).value();
        REQUIRE(held);
        REQUIRE(pulled.pull());
        CHECK(pulled.first_bytes == std::vector<std::uint64_t>{0});
        CHECK(fs::file_size(pulled.left(pulled.first_layer())) == 10);
        fs::remove(pulled.left(pulled.first_layer()));
    }
    const auto whole = pulled.pull().value();
    for (const BuiltLayer& layer : whole.layers)
        CHECK(sys::read_file(pulled.store.blob_path(layer.digest)).value() ==
              pulled.image.blobs.at(layer.digest.hex()));
    CHECK(fs::is_empty(pulled.store.root() / "pulls"));
    CHECK(fs::is_empty(pulled.store.root() / "tmp"));
}

TEST_CASE("a layer with other bytes leaves nothing to go on with") {
    PulledImage pulled;
    std::string& bytes = pulled.image.blobs.at(pulled.first_layer().hex());
    bytes.back() ^= 1;
    REQUIRE_FALSE(pulled.pull());
    REQUIRE_FALSE(pulled.pull());
    CHECK_FALSE(pulled.store.has_blob(pulled.first_layer()));
    bytes.back() ^= 1;
    CHECK(pulled.pull());
}

TEST_CASE("layers come several at once, and the image is the same") {
    PulledImage pulled;
    std::optional<bool> were_asked_together;
    const auto image =
        oci::import_image(pulled.store, pulled.source(), [&](std::uint64_t, std::uint64_t) -> Result<void> {
            if (were_asked_together) return {};
            // Whatever layer this is of: the other one is asked for while this one is not done.
            for (int n = 0; n < 500 && pulled.layers_asked < 2; ++n)
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            were_asked_together = pulled.layers_asked == 2;
            return {};
        });
    REQUIRE(image);
    CHECK(were_asked_together == true);
    REQUIRE(image->layers.size() == 2);
    CHECK(image->layers[0].digest == pulled.first_layer());
}

namespace {

// Gives a part of one layer, and then nothing for as long as the request is not stopped; the others fail meanwhile.
class StallingHttp : public FakeHttp {
  public:
    explicit StallingHttp(std::string stalls) : stalls_(std::move(stalls)) {}
    Result<io::HttpResponse> stream(const io::HttpRequest& request, const io::HttpBodySink& sink,
                                    std::stop_token stop) override {
        if (!request.url.ends_with(stalls_)) {
            if (request.url.find("/blobs/") != std::string::npos && request.limit > (64 << 10))
                for (int n = 0; n < 500 && !has_begun; ++n) std::this_thread::sleep_for(std::chrono::milliseconds(10));
            return FakeHttp::stream(request, sink, stop);
        }
        if (auto taken = sink("0123456789"); !taken) return taken.error();
        has_begun = true;
        for (int n = 0; n < 500 && !stop.stop_requested(); ++n)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        was_stopped = stop.stop_requested();
        return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
    }
    std::atomic<bool> has_begun = false, was_stopped = false;

  private:
    std::string stalls_;
};

}  // namespace

TEST_CASE("a layer that fails for good stops the others, and what has come of them stays") {
    PulledImage pulled;
    const std::string failing(pulled.image_manifest().at("layers").as_array()[1].as_object().at("digest").as_string());
    StallingHttp http(pulled.first_layer().to_string());
    http.answer_by = [&](const io::HttpRequest& request) -> std::optional<Result<io::HttpResponse>> {
        if (request.url.ends_with(failing))
            return io::HttpResponse{.status = 403, .headers = {}, .body = {}, .final_url = {}};
        return pulled.answer(request);
    };
    const auto client = std::make_shared<Client>(
        Client{.http = http, .runner = pulled.fake.helper, .first_pause = std::chrono::milliseconds(1)});
    const auto source = open_image(oci::ImageName::parse("docker://ghcr.io/me/x:1").value(), client, {}).value();
    const auto image = oci::import_image(pulled.store, source);
    REQUIRE_FALSE(image);
    CHECK(image.error().message.find(failing) != std::string::npos);  // the reason, and not what it stopped
    CHECK(http.was_stopped);
    CHECK(fs::file_size(pulled.left(pulled.first_layer())) == 10);
}

TEST_CASE("what nobody goes on with is swept away after a week") {
    PulledImage pulled;
    fs::create_directories(pulled.store.root() / "pulls");
    const fs::path old = pulled.left(Sha256::of("old")), young = pulled.left(Sha256::of("young")),
                   held = pulled.left(Sha256::of("held"));
    for (const fs::path& file : {old, young, held}) std::ofstream(file) << "x";
    const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(200);
    fs::last_write_time(old, long_ago);
    fs::last_write_time(held, long_ago);
    const auto lock = sys::open_locked(held).value();
    REQUIRE(pulled.pull());
    CHECK_FALSE(fs::exists(old));
    CHECK(fs::exists(young));
    CHECK(fs::exists(held));
}

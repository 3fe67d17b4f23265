// SPDX-License-Identifier: Apache-2.0
// The worker for models over real folders: states of a catalogue, of workflows, misplaced files, changes, and the
// original template's requests.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "base/digest.hpp"
#include "console/models/serve_models.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace fs = std::filesystem;

namespace tmplbuild::console {
namespace {

std::string safetensors_with(const std::string& header) {
    std::string out;
    for (int i = 0; i < 8; ++i) out += static_cast<char>(header.size() >> (8 * i));
    return out + header;
}

const std::string lora = safetensors_with(R"({"lora_unet_x.lora_up.weight":{}})");
const std::string vae = safetensors_with(R"({"encoder.conv_in.weight":{},"decoder.conv_in.weight":{}})");

const char* const image_catalogue = R"(schema = 1
[[sets]]
name = "one"
title = "Set one"
[[sets.models]]
id = "sized"
name = "sized.safetensors"
directory = "loras"
urls = ["https://example.org/sized.safetensors"]
size = 5
[[sets.models]]
id = "hashed"
name = "hashed.safetensors"
directory = "unet/wan"
urls = ["https://example.org/hashed.safetensors"]
sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
[[sets]]
name = "two"
[[sets.models]]
id = "vae"
name = "vae.safetensors"
directory = "vae"
urls = ["https://huggingface.co/o/r/resolve/main/vae.safetensors"]
memory_bytes = 1000
)";

struct Answered {
    unsigned status = 0;
    std::string head, body;
    json::object object() const { return json::parse(body, "answer").value().as_object(); }
};

// A pod's folders, and a client of its worker.
class Pod {
  public:
    Pod() : folder_(sys::TempDirectory::make("/tmp", "models-").value()) {
        places.volume = path() + "/workspace";
        places.models = places.volume + "/ComfyUI/models";
        places.comfyui = places.volume + "/ComfyUI";
        places.image_catalogue = path() + "/models.toml";
        put(places.image_catalogue, image_catalogue);
        fs::create_directories(places.models);
    }
    std::string path() const { return fs::path(folder_.path()).string(); }
    static void put(const std::string& file, const std::string& text) {
        fs::create_directories(fs::path(file).parent_path());
        std::ofstream(file, std::ios::binary) << text;
    }
    void put_model(const std::string& below, const std::string& text) const { put(places.models + "/" + below, text); }

    Answered ask(const std::string& route, const std::string& body = {}, std::vector<std::string> words = {},
                 const std::string& query = {}) const {
        std::array<int, 2> connection{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, connection.data()) == 0);
        const sys::Fd client(connection[1]);
        HandedFacts facts{
            .route = route, .method = route.substr(0, route.find(' ')), .words = std::move(words), .query = query};
        facts.headers = {{"content-length", std::to_string(body.size())}};
        facts.received = body;
        std::string text;
        std::thread reader([&] {
            std::array<char, 4096> piece{};
            for (;;) {
                const ssize_t got = ::read(client.get(), piece.data(), piece.size());
                if (got > 0) text.append(piece.data(), static_cast<std::size_t>(got));
                if (got == 0) break;
                if (got < 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        });
        {
            Conversation talk{sys::Fd(connection[0]), std::move(facts), sys::Fd()};
            if (const auto served = serve_models(talk, places); !served) talk.refuse(served.error());
        }
        reader.join();
        const std::size_t end = text.find("\r\n\r\n");
        REQUIRE(end != std::string::npos);
        return {static_cast<unsigned>(std::stoul(text.substr(9, 3))), text.substr(0, end), text.substr(end + 4)};
    }
    // "state at" of each entry of the catalogue, by id.
    std::map<std::string, std::string> states() const {
        std::map<std::string, std::string> out;
        const json::object answer = ask("GET /api/models").object();
        for (const json::value& set : answer.at("sets").as_array())
            for (const json::value& entry : set.as_object().at("entries").as_array()) {
                const json::object& one = entry.as_object();
                std::string at = one.at("at").is_null() ? "" : std::string(one.at("at").as_string());
                if (at.starts_with(places.models)) at = at.substr(places.models.size() + 1);
                out[std::string(one.at("id").as_string())] = std::string(one.at("state").as_string()) + " " + at;
            }
        return out;
    }

    ModelPlaces places;

  private:
    sys::TempDirectory folder_;
};

std::vector<std::string> needed(const Answered& answered) {
    std::vector<std::string> out;
    const json::object answer = answered.object();
    for (const json::value& value : answer.at("models").as_array()) {
        const json::object& model = value.as_object();
        out.push_back(std::string(model.at("directory").as_string()) + "/" + std::string(model.at("name").as_string()) +
                      " " + std::string(model.at("state").as_string()) + " " +
                      std::to_string(model.at("choices").as_array().size()));
    }
    return out;
}

}  // namespace

TEST_CASE("models: the catalogue's entries are there, missing, misplaced, different or not known") {
    const Pod pod;
    CHECK(pod.states() ==
          std::map<std::string, std::string>{{"sized", "missing "}, {"hashed", "missing "}, {"vae", "missing "}});
    CHECK_FALSE(fs::exists(pod.places.volume + "/.tmplbuild"));  // looking leaves no trace
    pod.put_model("loras/sized.safetensors", "12345");
    pod.put_model("unet/wan/hashed.safetensors", "hello");
    pod.put_model("vae/vae.safetensors", "x");
    CHECK(pod.states() == std::map<std::string, std::string>{{"sized", "there loras/sized.safetensors"},
                                                             {"hashed", "unknown unet/wan/hashed.safetensors"},
                                                             {"vae", "unknown vae/vae.safetensors"}});
    const Answered hash =
        pod.ask("POST /api/models/hash",
                json::compact(json::object{{"path", pod.places.models + "/unet/wan/hashed.safetensors"}}));
    CHECK(hash.status == 200);
    CHECK(hash.body.find("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824") != std::string::npos);
    CHECK(pod.states().at("hashed") == "there unet/wan/hashed.safetensors");
    // Changed since: the kept digest no longer counts.
    pod.put_model("unet/wan/hashed.safetensors", "hellO!");
    CHECK(pod.states().at("hashed") == "unknown unet/wan/hashed.safetensors");
    pod.put_model("loras/sized.safetensors", "1234");
    CHECK(pod.states().at("sized") == "differs loras/sized.safetensors");
    fs::rename(pod.places.models + "/loras", pod.places.models + "/lora");
    pod.put_model("lora/sized.safetensors", "12345");
    CHECK(pod.states().at("sized") == "misplaced lora/sized.safetensors");
}

TEST_CASE("models: what was downloaded whole is known by its link and digest, until it is changed") {
    const Pod pod;
    const std::string file = pod.places.models + "/vae/vae.safetensors";
    pod.put_model("vae/vae.safetensors", "x");
    CHECK(pod.states().at("vae") == "unknown vae/vae.safetensors");
    const auto record = [&](const char* state, std::int64_t size, std::int64_t finished) {
        const json::object item{{"state", state},
                                {"root", "models"},
                                {"folder", "vae"},
                                {"name", "vae.safetensors"},
                                {"url", "https://huggingface.co/o/r/resolve/main/vae.safetensors"},
                                {"sha256", std::string(64, 'a')},
                                {"size", size},
                                {"finished", finished}};
        const std::string record_file = pod.places.volume + "/.tmplbuild/downloads/queue.json";
        Pod::put(record_file, json::compact(json::object{{"version", 1}, {"items", json::array{item}}}));
        REQUIRE(::chmod(record_file.c_str(), 0600) == 0);
    };
    const std::int64_t later = 4'000'000'000'000;
    record("running", 1, later);
    CHECK(pod.states().at("vae") == "unknown vae/vae.safetensors");
    record("done", 2, later);
    CHECK(pod.states().at("vae") == "unknown vae/vae.safetensors");
    record("done", 1, 1000);
    CHECK(pod.states().at("vae") == "unknown vae/vae.safetensors");
    record("done", 1, later);
    CHECK(pod.states().at("vae") == "there vae/vae.safetensors");
    // It is kept when the queue is cleared, and holds for that state of the file alone.
    fs::remove(pod.places.volume + "/.tmplbuild/downloads/queue.json");
    CHECK(pod.states().at("vae") == "there vae/vae.safetensors");
    CHECK(sys::read_file(pod.places.volume + "/.tmplbuild/models/files.json").value().find(std::string(64, 'a')) !=
          std::string::npos);
    fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
    CHECK(pod.states().at("vae") == "unknown vae/vae.safetensors");
}

TEST_CASE("models: folders of extra_model_paths.yaml count, and a broken one is told") {
    const Pod pod;
    Pod::put(pod.path() + "/more/l/sized.safetensors", "12345");
    Pod::put(pod.places.comfyui + "/extra_model_paths.yaml", "a:\n  base_path: " + pod.path() + "/more\n  loras: l\n");
    CHECK(pod.states().at("sized") == "there " + pod.path() + "/more/l/sized.safetensors");
    Pod::put(pod.places.comfyui + "/extra_model_paths.yaml", "a: [");
    const json::object answer = pod.ask("GET /api/models").object();
    CHECK(json::compact(answer.at("problems")).find("extra_model_paths.yaml:1:") != std::string::npos);
    CHECK(pod.states().at("sized") == "missing ");
}

TEST_CASE(
    "models: a file in a folder of another kind, or in one that ComfyUI does not read, is told with where it belongs") {
    const Pod pod;
    pod.put_model("loras/right.safetensors", lora);
    pod.put_model("diffusion_models/wrong.safetensors", lora);
    pod.put_model("loras/wrong.safetensors", vae);
    pod.put_model("lora/lost.safetensors", lora);
    pod.put_model("flat.safetensors", vae);
    pod.put_model("ultralytics/custom.pt", "x");
    pod.put_model("vae/odd.safetensors", safetensors_with(R"({"who":{},"knows":{}})"));
    fs::create_directory_symlink(pod.places.models, pod.places.models + "/loras/circle");
    std::map<std::string, std::string> told;
    const json::object answer = pod.ask("GET /api/models").object();
    for (const json::value& value : answer.at("warnings").as_array()) {
        const json::object& one = value.as_object();
        told[std::string(one.at("path").as_string()).substr(pod.places.models.size() + 1)] =
            std::string(one.at("move_to").as_string()).substr(pod.places.models.size() + 1);
    }
    CHECK(told.at("diffusion_models/wrong.safetensors") == "loras");
    CHECK(told.at("loras/wrong.safetensors") == "vae");
    CHECK(told.at("lora/lost.safetensors") == "loras");
    CHECK(told.at("flat.safetensors") == "vae");
    CHECK_FALSE(told.contains("loras/right.safetensors"));
    CHECK_FALSE(told.contains("vae/odd.safetensors"));
    CHECK_FALSE(told.contains("ultralytics/custom.pt"));
}

TEST_CASE("models: what a workflow needs is looked for on the volume") {
    const Pod pod;
    const std::string workflow = R"({"nodes":[
        {"type":"VAELoader","widgets_values":["vae.safetensors"]},
        {"type":"LoraLoader","widgets_values":["sized.safetensors",1]},
        {"type":"CLIPLoader","widgets_values":["twice.safetensors"],"properties":{"models":[
            {"name":"twice.safetensors","directory":"text_encoders","url":"https://huggingface.co/o/r/resolve/main/twice.safetensors"}]}},
        {"type":"Odd","widgets_values":["some-lora.safetensors"]}]})";
    CHECK(needed(pod.ask("POST /api/models/check", workflow)) ==
          std::vector<std::string>{"vae/vae.safetensors missing 0", "loras/sized.safetensors missing 0",
                                   "text_encoders/twice.safetensors missing 0",
                                   "loras/some-lora.safetensors missing 0"});
    pod.put_model("loras/sized.safetensors", "12345");
    pod.put_model("checkpoints/twice.safetensors", "a");
    pod.put_model("lora/twice.safetensors", "b");
    const Answered half = pod.ask("POST /api/models/check", workflow, {}, "name=a%20b.json");
    CHECK(needed(half) == std::vector<std::string>{"vae/vae.safetensors missing 0", "loras/sized.safetensors there 0",
                                                   "text_encoders/twice.safetensors misplaced 2",
                                                   "loras/some-lora.safetensors missing 0"});
    CHECK(half.object().at("workflow") == "a b.json");
    CHECK(half.object().at("nodes_unknown").as_array().size() == 1);
    // The catalogue's link stands in for the one that the workflow lacks.
    CHECK(half.object().at("models").as_array()[0].as_object().at("url") ==
          "https://huggingface.co/o/r/resolve/main/vae.safetensors");
}

TEST_CASE("models: a workflow is found in files of the volume, and nowhere else") {
    const Pod pod;
    const fs::path sample = fs::path(TEST_DATA) / "fuzz/corpus/carried/keys.mp4";
    fs::create_directories(pod.places.volume + "/output");
    fs::copy_file(sample, pod.places.volume + "/output/v.mp4");
    const auto check = [&](const std::string& path) {
        return pod.ask("POST /api/models/check", json::compact(json::object{{"path", path}}), {}, "from=volume");
    };
    CHECK(needed(check(pod.places.volume + "/output/v.mp4")) ==
          std::vector<std::string>{"vae/wan_2.1_vae.safetensors missing 0"});
    Pod::put(pod.places.volume + "/.tmplbuild/secret.json", "{\"nodes\":[]}");
    Pod::put(pod.path() + "/outside.json", "{\"nodes\":[]}");
    fs::create_symlink(pod.path() + "/outside.json", pod.places.volume + "/link.json");
    fs::create_symlink(pod.places.volume + "/.tmplbuild/secret.json", pod.places.volume + "/inner.json");
    CHECK(check(pod.places.volume + "/.tmplbuild/secret.json").status == 403);
    CHECK(check(pod.places.volume + "/link.json").status >= 400);
    CHECK(check(pod.places.volume + "/inner.json").status >= 400);
    CHECK(check(pod.places.volume + "/../outside.json").status >= 400);
    CHECK(check(pod.places.volume + "/none.json").status == 404);
    CHECK(check("/etc/passwd").status == 403);
    CHECK(check("").status == 403);
    CHECK(pod.ask("POST /api/models/check", "no workflow").status == 422);
    CHECK(pod.ask("POST /api/models/check", "{}").status == 422);
}

TEST_CASE("models: pasted links are understood") {
    const Pod pod;
    const Answered answered = pod.ask(
        "POST /api/models/links",
        R"({"text":"https://huggingface.co/o/r/blob/main/x_high_noise.safetensors https://civitai.com/models/1"})");
    const json::array entries = answered.object().at("entries").as_array();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].as_object().at("url") == "https://huggingface.co/o/r/resolve/main/x_high_noise.safetensors");
    CHECK(entries[0].as_object().at("other_half") == "https://huggingface.co/o/r/resolve/main/x_low_noise.safetensors");
    CHECK(entries[1].as_object().at("problem").as_string().size() > 10);
    CHECK(pod.ask("POST /api/models/links", "{}").status == 400);
    CHECK(pod.ask("POST /api/models/links", "[").status == 400);
}

TEST_CASE("models: entries and sets are added, edited, moved, deleted, and kept on the volume") {
    const Pod pod;
    const Answered added = pod.ask(
        "POST /api/models/entries",
        R"({"set":"one","entry":{"url":"https://huggingface.co/o/my-lora/blob/main/New.safetensors","title":"New"}})");
    CHECK(added.status == 201);
    CHECK(added.object().at("id") == "new");
    CHECK(pod.states().contains("new"));
    CHECK(
        pod.ask(
               "POST /api/models/entries",
               R"({"set":"one","entry":{"id":"new","url":"https://huggingface.co/o/r/blob/main/x.safetensors","directory":"vae"}})")
            .status == 409);
    CHECK(pod.ask("POST /api/models/entries/{}", R"({"entry":{"title":"Changed"},"set":"two"})", {"sized"}).status ==
          200);
    CHECK(pod.ask("POST /api/models/sets", R"({"title":"My set"})").object().at("name") == "my-set");
    CHECK(pod.ask("POST /api/models/sets/{}", R"({"position":0})", {"my-set"}).status == 200);
    CHECK(pod.ask("DELETE /api/models/entries/{}", "", {"hashed"}).status == 200);
    const json::array sets = pod.ask("GET /api/models").object().at("sets").as_array();
    REQUIRE(sets.size() == 3);
    CHECK(sets[0].as_object().at("name") == "my-set");
    CHECK(sets[1].as_object().at("entries").as_array().size() == 1);  // the new one
    CHECK(sets[2].as_object().at("entries").as_array().size() == 2);  // with what was moved there
    CHECK(sets[2].as_object().at("entries").as_array()[1].as_object().at("title") == "Changed");
    CHECK(pod.ask("DELETE /api/models/sets/{}", "", {"two"}).status == 200);
    CHECK(pod.ask("GET /api/models").object().at("sets").as_array().size() == 2);

    // The same link again is no other file; another one is, so what was known of the first does not hold for it.
    const auto of_vae = [&](const char* field) {
        const json::object all = pod.ask("GET /api/models").object();
        for (const json::value& set : all.at("sets").as_array())
            for (const json::value& entry : set.as_object().at("entries").as_array())
                if (entry.as_object().at("id") == "vae2") return json::compact(entry.as_object().at(field));
        return std::string("none");
    };
    CHECK(pod.ask("POST /api/models/entries",
                  R"({"set":"one","entry":{"id":"vae2","name":"v.safetensors","directory":"vae","size":9,
        "urls":["https://e.org/1.safetensors","https://e.org/2.safetensors"]}})")
              .status == 201);
    CHECK(pod.ask("POST /api/models/entries/{}", R"({"entry":{"url":"https://e.org/1.safetensors","title":"t"}})",
                  {"vae2"})
              .status == 200);
    CHECK(of_vae("size") == "9");
    CHECK(of_vae("urls") == R"(["https://e.org/1.safetensors","https://e.org/2.safetensors"])");
    CHECK(
        pod.ask("POST /api/models/entries/{}", R"({"entry":{"url":"https://e.org/3.safetensors"}})", {"vae2"}).status ==
        200);
    CHECK(of_vae("size") == "null");
    CHECK(pod.ask("DELETE /api/models/entries/{}", "", {"vae2"}).status == 200);

    // What is wrong is refused in words, and nothing is written.
    const std::string before = sys::read_file(pod.places.volume + "/.tmplbuild/models/models.toml").value();
    for (const char* body :
         {R"({"set":"one","entry":{"url":"https://civitai.com/models/1"}})",
          R"({"set":"one","entry":{"name":"../x","url":"https://e.org/x.safetensors","directory":"vae"}})",
          R"({"set":"one","entry":{"url":"https://e.org/x.safetensors","directory":"lora"}})",
          R"({"set":"A B","entry":{"url":"https://e.org/x.safetensors","directory":"vae"}})",
          R"({"set":"one","entry":{"ulr":"x"}})", R"({"set":"one","entry":{"size":"5"}})", R"({"set":"one"})", "[]",
          "{"}) {
        INFO(body);
        const Answered refused = pod.ask("POST /api/models/entries", body);
        CHECK(refused.status == 400);
        CHECK(refused.object().at("error").as_object().at("message").as_string().size() > 5);
    }
    const Answered nameless =
        pod.ask("POST /api/models/entries",
                R"({"set":"one","entry":{"url":"https://civitai.com/api/download/models/1","directory":"vae"}})");
    CHECK(nameless.status == 400);
    CHECK(nameless.body.find("does not tell the file's name") != std::string::npos);
    CHECK(pod.ask("DELETE /api/models/entries/{}", "", {"none"}).status == 404);
    CHECK(pod.ask("POST /api/models/sets/{}", "{}", {"none"}).status == 404);
    CHECK(sys::read_file(pod.places.volume + "/.tmplbuild/models/models.toml").value() == before);

    // A catalogue that a person broke is told, and not written over.
    Pod::put(pod.places.volume + "/.tmplbuild/models/models.toml", "schema = 1\n[[sets]\n");
    CHECK(json::compact(pod.ask("GET /api/models").object().at("problems")).find("models.toml:2") != std::string::npos);
    CHECK(pod.ask("POST /api/models/sets", R"({"title":"x"})").status == 409);
    fs::remove_all(pod.places.volume);
    CHECK(pod.ask("POST /api/models/sets", R"({"title":"x"})").status == 409);
    CHECK(pod.ask("GET /api/models").status == 200);
}

TEST_CASE("models: the original template's requests have its fields") {
    const Pod pod;
    json::object configs = pod.ask("GET /get_model_configs").object();
    for (const char* field : {"name", "url", "path", "description"})
        CHECK(configs.at("two").as_object().at("vae").as_object().at(field).is_string());
    CHECK(configs.at("two").as_object().at("vae").as_object().at("path").as_string() ==
          pod.places.models + "/vae/vae.safetensors");

    const Answered added =
        pod.ask("POST /add_model", R"({"model_set":"one","model_name":"My Model","model_info":{"name":"My Model",
        "url":"https://huggingface.co/o/r/resolve/main/m.safetensors","path":"/workspace/ComfyUI/models/loras/m.safetensors","description":"words"}})");
    CHECK(added.status == 200);
    CHECK(added.object().at("success") == true);
    CHECK(added.object().at("model_id") == "my-model");
    CHECK(pod.ask("POST /add_model", R"({"model_set":"one","model_name":"My Model","model_info":{"name":"again",
        "url":"https://huggingface.co/o/r/resolve/main/m.safetensors","path":"loras"}})")
              .object()
              .at("model_id") == "my-model-2");
    CHECK(pod.ask("POST /add_model",
                  R"({"model_name":"x","new_group":true,"new_group_name":"Fresh Group","model_info":{"name":"x",
        "url":"https://huggingface.co/o/r/resolve/main/x.safetensors","path":"models/vae"}})")
              .object()
              .at("model_set") == "fresh-group");
    CHECK(
        pod.ask("POST /edit_model", R"({"model_set":"two","model_id":"my-model","model_info":{"description":"other"}})")
            .status == 200);
    configs = pod.ask("GET /get_model_configs").object();
    CHECK_FALSE(configs.at("one").as_object().contains("my-model"));
    CHECK(configs.at("two").as_object().contains("my-model"));
    CHECK(pod.ask("POST /delete_model", R"({"model_set":"two","model_id":"my-model"})").status == 200);
    CHECK(pod.ask("POST /delete_model", R"({"model_set":"two","model_id":"my-model"})").status == 404);
    CHECK(pod.ask("POST /reload_config", "{}").object().at("success") == true);
    CHECK(pod.ask("GET /debug_config").object().at("model_sets").as_object().at("two") == 1);
}

}  // namespace tmplbuild::console

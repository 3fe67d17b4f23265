// SPDX-License-Identifier: Apache-2.0
// The body for RunPod's API, held to the fields and types that its specification names.
#include <set>

#include "image.hpp"
#include "runpod/platform.hpp"

namespace tmplbuild::runpod {
namespace {

// ContainerConfig and the template's own members of openapi.json (runpod/docs, 2026-08-20), in its words for types.
const std::map<std::string, std::string> api_fields{{"name", "string"},
                                                    {"image", "string"},
                                                    {"args", "string"},
                                                    {"disk", "integer"},
                                                    {"env", "strings"},
                                                    {"ports", "ports"},
                                                    {"registry", "string or null"},
                                                    {"mounts", "mounts"},
                                                    {"public", "boolean"},
                                                    {"serverless", "boolean"},
                                                    {"category", "string"},
                                                    {"allowedCudaVersions", "versions"},
                                                    {"startSsh", "boolean"},
                                                    {"startJupyter", "boolean"}};

bool is_of(const json::value& value, const std::string& type) {
    if (type == "string") return value.is_string() && (type != "name" || !value.get_string().empty());
    if (type == "string or null") return value.is_null() || value.is_string();
    if (type == "integer") return (value.is_int64() || value.is_uint64()) && value.to_number<std::int64_t>() >= 1;
    if (type == "boolean") return value.is_bool();
    if (type == "strings") {
        for (const auto& [name, one] : value.as_object())
            if (!one.is_string()) return false;
        return true;
    }
    if (type == "mounts") {
        const json::object& mounts = value.as_object();
        if (mounts.empty()) return true;
        const json::object& volume = mounts.at("persistent").as_object();
        return mounts.size() == 1 && volume.size() == 2 && volume.at("size").to_number<std::int64_t>() >= 10 &&
               volume.at("path").is_string();
    }
    for (const json::value& one : value.as_array()) {
        const std::string text(one.as_string());
        const std::size_t mark = text.find(type == "ports" ? '/' : '.');
        if (mark == std::string::npos || mark == 0 || mark + 1 == text.size()) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("every field of the body is one of the API's, of its type") {
    RunpodOptions options;
    options.volume_gb = 50;
    for (const RunpodOptions& one : {RunpodOptions{}, options}) {
        const json::object body = template_of(good_image(), one).to_json();
        for (const auto& [name, value] : body) {
            INFO(std::string(name));
            const auto field = api_fields.find(std::string(name));
            REQUIRE(field != api_fields.end());
            CHECK(is_of(value, field->second));
        }
        CHECK(body.size() == api_fields.size());  // none is left to a default that is not ours
    }
}

TEST_CASE("a template says what its image needs") {
    RunpodOptions options;
    options.volume_gb = 50;
    options.secrets = {{"HF_TOKEN", "hf_token"}};
    options.environment = {{"COMFYUI_ARGS", "--fast"}};
    options.registry = "reg1";
    const PodTemplate made = template_of(good_image(), options);
    const json::object body = made.to_json();
    CHECK(json::compact(body.at("ports")) == R"(["8765/http","8188/http","22/tcp"])");
    CHECK(json::compact(body.at("allowedCudaVersions")) == R"(["13.0","13.1","13.2","13.3"])");
    CHECK(json::compact(body.at("mounts")) == R"({"persistent":{"size":50,"path":"/workspace"}})");
    CHECK(body.at("env").at("HF_TOKEN") == "{{ RUNPOD_SECRET_hf_token }}");
    CHECK(body.at("env").at("INSTALL_SAGEATTENTION") == "background");
    CHECK(body.at("env").at("COMFYUI_ARGS") == "--fast");
    CHECK(body.at("disk") == 35);  // 21.3 GB, a tenth more, 10 GB to work in
    CHECK(body.at("registry") == "reg1");
    CHECK(body.at("startSsh") == true);
    CHECK(body.at("startJupyter") == true);
}

TEST_CASE("what nobody needs is switched off, not left to the API's defaults") {
    ImageFacts image = good_image();
    image.spec.console_port = 0;
    image.spec.services = {service("web", 80)};
    image.spec.kernels.clear();
    image.spec.cuda.clear();
    const json::object body = template_of(image).to_json();
    CHECK(body.at("startSsh") == false);
    CHECK(body.at("startJupyter") == false);
    CHECK(json::compact(body.at("allowedCudaVersions")) == "[]");
    CHECK(json::compact(body.at("mounts")) == "{}");
    CHECK(body.at("registry").is_null());
}

TEST_CASE("an older floor lets every newer host in") {
    CHECK(versions_from("12.8") == std::vector<std::string>{"12.8", "12.9", "13.0", "13.1", "13.2", "13.3"});
    CHECK(versions_from("13.3") == std::vector<std::string>{"13.3"});
    CHECK(versions_from("").empty());
}

TEST_CASE("arguments are one string that a shell reads back") {
    CHECK(quoted_words({"--fast", "--name=a/b:1", "two words", "it's", "$HOME", ""}) ==
          R"(--fast --name=a/b:1 'two words' 'it'\''s' '$HOME' '')");
    CHECK(quoted_words({}).empty());
}

TEST_CASE("a port that serves no HTTP is TCP where the template says so") {
    ImageFacts image = good_image();
    image.spec.services.push_back(service("vnc", 5900));
    RunpodOptions options;
    options.tcp_ports = {5900};
    CHECK(template_of(image).ports.back().to_string() == "5900/http");
    CHECK(template_of(image, options).ports.back().to_string() == "5900/tcp");
}

TEST_CASE("the disk has room to work in, in steps of 5 GB") {
    CHECK(disk_for(0) == 10);
    CHECK(disk_for(1) == 15);
    CHECK(disk_for(4'500'000'000) == 15);
    CHECK(disk_for(100'000'000'000) == 120);
}

TEST_CASE("a template that asks for no GPU names no CUDA versions") {
    RunpodOptions options;
    options.category = "CPU";
    CHECK(template_of(good_image(), options).cuda_versions.empty());
}

}  // namespace tmplbuild::runpod

// SPDX-License-Identifier: Apache-2.0
// The command runpod: the RunPod template of a built image, checked before it costs money, and published when asked.
#include <cstdio>
#include <cstdlib>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/registry_access.hpp"
#include "engine/kernel/kernel_table.hpp"
#include "engine/outputs.hpp"
#include "kernel/gpu.hpp"
#include "registry/place.hpp"
#include "runpod/lints.hpp"
#include "runpod/page.hpp"
#include "runpod/publish.hpp"
#include "sys/file.hpp"
#include "template/parse.hpp"

namespace tmplbuild::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t key_limit = 4096;

std::vector<runpod::KernelRow> kernel_rows(const oci::ImageSource& image) {
    std::vector<runpod::KernelRow> out;
    if (!image.has_annotations()) return out;
    const std::string annotation = image.annotation(kernels_annotation);
    for (const kernel::Gpu& gpu : kernel::all_gpus()) {
        if (!gpu.on_runpod) continue;
        const kernel::GpuTarget target{std::string(gpu.name), gpu.capability(), &gpu};
        for (const KernelAnswer& answer : can_run_kernels(annotation, target).value())
            out.push_back({answer.kernel, std::string(gpu.name), kernel::runs(answer.judgement.verdict),
                           answer.judgement.verdict == kernel::Verdict::jit, answer.judgement.reason});
    }
    return out;
}

// Whether a host without a login gets the image; asked only where a login, or none, got it just now.
bool is_private(const oci::ImageName& name, const Options& options, const std::stop_token& stop) {
    const auto client = registry_client(options, [](const std::string&) {});
    auto nobody = std::make_shared<registry::Client>(*client);
    nobody->environment = [](const std::string&) { return std::string(); };
    return !registry::open_image(name, std::shared_ptr<const registry::Client>(client, nobody.get()), stop);
}

runpod::ImageFacts read_facts(const Template& tmpl, const Options& options, const std::stop_token& stop) {
    const std::string text = options.image.empty() ? "oci:" + default_output(tmpl).string() : options.image;
    const oci::ImageSource image = open_image(text, options, stop);
    const auto store = Store::open(Store::default_root());
    runpod::ImageFacts facts = runpod::read_image_facts(image, store ? &*store : nullptr, stop).value();
    facts.kernels = kernel_rows(image);
    const oci::ImageName name = oci::ImageName::parse(text).value();
    std::string repository = tmpl.runpod.image;
    if (name.kind == oci::ImageName::Kind::registry) {
        repository = Reference::parse(name.reference).value().repository_name();
        facts.is_private = is_private(name, options, stop);
    } else if (!image.has_annotations()) {
        throw BuildError(usage_error("a docker-archive does not tell the digest that the image has in a registry",
                                     "name the pushed image: --image docker://HOST/REPOSITORY:TAG"));
    }
    if (!repository.empty()) facts.reference = repository + "@" + image.digest().to_string();
    return facts;
}

Error as_error(const runpod::Lint& lint) { return usage_error(lint.message + " (" + lint.name + ")", lint.hint); }

// Prints warnings, and ends the command where there are errors.
void judge(const std::vector<runpod::Lint>& lints, bool strict) {
    std::vector<Error> errors;
    for (const runpod::Lint& lint : lints)
        if (strict || lint.weight == runpod::Weight::error)
            errors.push_back(as_error(lint));
        else
            std::fprintf(stderr, "warning: %s (%s)\n    %s\n", visible(lint.message).c_str(), lint.name.c_str(),
                         visible(lint.hint).c_str());
    if (!errors.empty()) throw BuildError(std::move(errors));
}

std::string read_key(const Options& options) {
    std::string key;
    if (!options.key_file.empty()) {
        key = std::string(trim(sys::read_beginning(options.key_file, key_limit).value()));
    } else if (const char* value = std::getenv("RUNPOD_API_KEY")) {
        key = std::string(trim(value));
    }
    const bool is_one_word = key.find_first_of(" \t\r\n") == std::string::npos;
    if (key.empty() || !is_one_word)
        throw BuildError(usage_error(key.empty() ? "there is no API key" : "the API key is more than one word",
                                     "set RUNPOD_API_KEY, or name a file that holds it alone: --key-file FILE"));
    return key;
}

// What hosts are told to pull has to be there.
void check_pushed(const std::string& reference, const Options& options, const std::stop_token& stop) {
    const auto client = registry_client(options, [](const std::string&) {});
    const oci::ImageName name = oci::ImageName::parse("docker://" + reference).value();
    if (auto image = registry::open_image(name, client, stop); !image)
        throw BuildError(Error(image.error()).while_doing("looking for the image that hosts are to pull"));
}

// The key would be read by whoever is on the way.
std::string api_of(const Options& options) {
    if (options.api.empty()) return runpod::api_address;
    const bool is_near = io::spelled_class(options.api) == io::AddressClass::loopback;
    if (!options.api.starts_with("https://") && !(is_near && options.api.starts_with("http://")))
        throw BuildError(usage_error("--api needs an https address, found '" + options.api + "'",
                                     "http is taken for this machine's own addresses alone"));
    return options.api.ends_with('/') ? options.api.substr(0, options.api.size() - 1) : options.api;
}

const char* word_of(runpod::Published::Done done) {
    using Done = runpod::Published::Done;
    return done == Done::made ? "made" : done == Done::changed ? "changed" : "is as it should be";
}

runpod::Published publish(const runpod::PodTemplate& wanted, const Template& tmpl, const Options& options,
                          const std::stop_token& stop) {
    const std::string key = read_key(options);
    check_pushed(wanted.image, options, stop);
    io::HttpClient http;
    const runpod::Api api(http, api_of(options), key);
    return runpod::publish(api, wanted, tmpl.runpod.id, stop).value();
}

void write_files(const fs::path& folder, const json::object& body, const std::string& readme,
                 const std::string& ports) {
    std::error_code failed;
    // `-o .` in a project would take its README.md away.
    if (fs::exists(folder / "README.md", failed) && !fs::exists(folder / "template.json", failed))
        throw BuildError(usage_error("'" + folder.string() + "' has a README.md that is not one of this command's",
                                     "name a folder of its own: -o DIR"));
    fs::create_directories(folder, failed);
    if (failed) throw BuildError(os_error("make the folder", folder.string(), failed.value()));
    sys::write_named_file(folder / "template.json", json::pretty(body)).value();
    sys::write_named_file(folder / "README.md", readme).value();
    sys::write_named_file(folder / "ports.txt", ports).value();
}

}  // namespace

int run_runpod(const Options& options, Progress&, std::stop_token stop) {
    const Template tmpl = parse_template_file(options.template_file, {options.set, recipes_folder()});
    const runpod::ImageFacts image = read_facts(tmpl, options, stop);
    const runpod::PodTemplate wanted = runpod::make_pod_template(tmpl.runpod, tmpl.name, image);
    const std::vector<runpod::Lint> lints = runpod::lint(wanted, image);
    judge(lints, options.strict);
    const json::object body = wanted.to_json();
    const fs::path folder = options.folder.empty() ? default_output(tmpl).string() + ".runpod" : options.folder;
    write_files(folder, body, runpod::readme_text(wanted, image, tmpl.runpod.readme), runpod::ports_text(wanted));
    if (!options.publish) {
        print_json(body);
        std::fprintf(stderr,
                     "nothing was sent: --publish makes or changes the template at RunPod; %s has its page's "
                     "README.md\n",
                     visible(folder.string()).c_str());
        return 0;
    }
    const runpod::Published done = publish(wanted, tmpl, options, stop);
    if (options.json) {
        json::array fields;
        for (const std::string& field : done.fields) fields.emplace_back(field);
        print_json(json::object{{"id", done.id},
                                {"done", done.done == runpod::Published::Done::made      ? "made"
                                         : done.done == runpod::Published::Done::changed ? "changed"
                                                                                         : "nothing"},
                                {"changed", std::move(fields)},
                                {"template", body}});
        return 0;
    }
    print_line("template " + done.id + " '" + wanted.name + "' " + word_of(done.done) +
               (done.fields.empty() ? "" : ": " + join(done.fields, ", ")));
    return 0;
}

}  // namespace tmplbuild::cli

// SPDX-License-Identifier: Apache-2.0
// The command line: arguments in, exit code out. The only place that catches BuildError and turns signals into a stop
// request.
#include <sys/prctl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <sstream>
#include <thread>

#include "base/libraries.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "io/libraries.hpp"
#include "kernel/libraries.hpp"
#include "oci/image_name.hpp"
#include "toml/libraries.hpp"

using namespace tmplbuild;
using namespace tmplbuild::cli;

namespace {

// The first SIGINT, SIGTERM or SIGHUP asks every stage to stop and clean up; a second one ends the program at once. A
// SIGHUP that is ignored, as under nohup(1), stays so.
class StopOnSignal {
  public:
    StopOnSignal() {
        sigemptyset(&set_);
        for (const int number : {SIGINT, SIGTERM}) sigaddset(&set_, number);
        struct sigaction hangup {};
        if (::sigaction(SIGHUP, nullptr, &hangup) != 0 || hangup.sa_handler != SIG_IGN) sigaddset(&set_, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        // With these signals ignored, a write that fails returns an error that can be reported, and temporary files are
        // removed.
        for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);
        std::thread([this, source = source_]() mutable {
            int number = 0;
            sigwait(&set_, &number);
            source.request_stop();
            sigwait(&set_, &number);
            ::_exit(130);
        }).detach();
    }
    std::stop_token token() const { return source_.get_token(); }

  private:
    sigset_t set_{};
    std::stop_source source_;
};

ProgressKind progress_kind(const std::string& word) {
    static const std::map<std::string, ProgressKind> kinds = {{"auto", ProgressKind::automatic},
                                                              {"tty", ProgressKind::tty},
                                                              {"plain", ProgressKind::plain},
                                                              {"json", ProgressKind::json}};
    const auto found = kinds.find(word);
    if (found == kinds.end())
        throw CLI::ValidationError("'" + word + "' is no way to show progress: auto, tty, plain or json");
    return found->second;
}

// The option takes one value each time: the argument after that may be something else, such as the template's name.
void repeatable(CLI::Option* option) { option->expected(1)->take_all()->allow_extra_args(false); }

std::string hint_for(const std::string& word, const std::vector<std::string>& names, const std::string& otherwise) {
    const std::string near = did_you_mean(word, names);
    return near.empty() ? otherwise : near;
}

// Turns CLI11's message into one of our errors, with the nearest known word in place of an unknown one.
Error usage_of(const CLI::App& app, const CLI::ParseError& wrong, const std::string& first) {
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    const CLI::App* deepest = &app;
    std::string names_to_it;
    while (!deepest->get_subcommands().empty()) {
        deepest = deepest->get_subcommands().front();
        names_to_it += deepest->get_name() + " ";
    }
    const CLI::App& at = *deepest;
    const std::string help = "`tmplbuild " + names_to_it + "--help` lists what it takes";
    if (chosen.empty() && first.empty()) return usage_error("a command is missing", help);
    if (chosen.empty() && !first.starts_with('-')) {
        std::vector<std::string> names;
        for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
            names.push_back(command->get_name());
        return usage_error("there is no command '" + first + "'", hint_for(first, names, help));
    }
    const std::vector<std::string> extra = at.remaining();
    if (wrong.get_exit_code() != static_cast<int>(CLI::ExitCodes::ExtrasError) || extra.empty())
        return usage_error(wrong.what(), help);
    const auto option =
        std::find_if(extra.begin(), extra.end(), [](const auto& word) { return word.starts_with("-"); });
    if (option == extra.end()) return usage_error("'" + extra.front() + "' is one argument too many", help);
    std::vector<std::string> names;
    for (const CLI::Option* known : at.get_options())
        for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
    const std::string bare = option->substr(0, option->find('='));
    return usage_error("there is no option '" + bare + "'", hint_for(bare, names, help));
}

// This program's version, those of the libraries that it runs with, and the packages that its release was made of: when
// one of either gets a fix, the release must be made anew.
std::string version_text() {
    std::string out = TMPLBUILD_VERSION;
    std::vector<std::string> all = {std::string("CLI11 ") + CLI11_VERSION};
    for (const auto& libraries : {base_libraries(), io::libraries(), kernel::libraries(), toml_libraries()})
        all.insert(all.end(), libraries.begin(), libraries.end());
    std::sort(all.begin(), all.end());
    for (const std::string& library : all) out += "\n  " + library;
    if (const std::vector<std::string> packages = bundled_packages(); !packages.empty()) {
        out += "\nThis release carries files of these packages:";
        for (const std::string& package : packages) out += "\n  " + package;
    }
    return out;
}

struct CommandLine {
    CLI::App app{"Builds container images from a template, compiled GPU kernels included.", "tmplbuild"};
    Options options;
    ProgressKind progress = ProgressKind::automatic;
    std::function<int(Progress&, std::stop_token)> command;

    CommandLine() {
        options.version = TMPLBUILD_VERSION;
        app.require_subcommand(1);
        app.set_version_flag("--version", version_text);
        CLI::App* build = on_template("build", "Build the image of a template", run_build);
        repeatable(build->add_option("-o,--output", options.outputs,
                                     "Where the image goes: oci:DIR[:TAG], oci-archive:FILE[:TAG], "
                                     "docker-archive:FILE[:NAME[:TAG]] or docker://HOST/REPOSITORY[:TAG]; "
                                     "repeatable; default oci:out/<name>"));
        build->add_option("--metadata-file", options.metadata_file, "Write digests, keys and times as JSON to FILE");
        repeatable(build->add_option("--only", options.only,
                                     "STEP: make this step alone, as `plan` shows its id, and what it needs; no image; "
                                     "repeatable"));
        reads_cache(build);
        build->add_option("--cache-to", options.cache_to,
                          "docker://HOST/REPOSITORY: write the steps that are made here into this cache");
        repeatable(build->add_option("--secret", options.secrets,
                                     "NAME=FILE: a secret that a `run` step asks for; repeatable"));
        CLI::App* run = on_template("run", "Build the image and start it here", run_run);
        reads_cache(run);
        run->add_option("--volume", options.volume, "The folder that becomes /workspace; default out/workspace");
        repeatable(run->add_option("--env", options.environment, "NAME=VALUE for the pod; repeatable"));
        repeatable(run->add_option("--gpu", options.gpus,
                                   "Simulate a GPU's driver: \"RTX 3090\", \"8.9\"; again for more GPUs"));
        repeatable(run->add_option("-p,--publish", options.ports,
                                   "HOST:POD: this machine's port (of 127.0.0.1) for one of the pod's; repeatable; "
                                   "services' own ports are published by their own numbers"));
        run->add_option("--network", options.network,
                        "pod: a network of its own (needs slirp4netns); host: this machine's; default pod");
        repeatable(
            run->add_option("--secret", options.secrets, "NAME=FILE: a secret that a `run` step asks for; repeatable"));
        run->footer("After -- stands a command to run in the pod beside its services; its exit code is tmplbuild's.");
        CLI::App* plan =
            on_template("plan", "Show what a build would do; asks nobody but the caches that it is told of", run_plan);
        reads_cache(plan);
        plan->add_flag("--dot", options.dot, "Print the graph of steps for Graphviz")->excludes("--json");
        reads_cache(on_template(
            "matrix", "Print a job for each kernel variant that is still to be compiled, as JSON for a CI matrix",
            run_matrix));
        CLI::App* lock = on_template("lock", "Write the lock without building the image", run_lock);
        lock->add_flag("--check", options.check, "Only say whether the lock is complete (exit 0) or not (exit 1)");
        lock->add_option("--update", options.update, "Renew one part, or without a name all of them")->expected(0, 1);
        lock->get_option("TEMPLATE")->required(false);
        CLI::App* explain = on_template("explain", "Say why a step would be built", run_explain);
        explain->add_option("STEP", options.step, "The step's id, as `plan` shows it")->required();
        CLI::App* inspect = app.add_subcommand("inspect", "Show an image's layers");
        inspect->add_option("IMAGE", options.image, oci::image_names)->required();
        inspect->add_flag("--json", options.json, "Print JSON");
        inspect->add_option("--can-run", options.can_run,
                            "Only say whether the image's kernels run on this GPU: exit 0 yes, 1 no, 5 unknown");
        on_image(inspect);
        inspect->callback([this] {
            command = [this](Progress&, const std::stop_token& stop) { return run_inspect(options, stop); };
        });
        CLI::App* verify = app.add_subcommand(
            "verify", "Prove an image's kernels again from its bytes: exit 0 it keeps its promises, 1 not, 5 unknown");
        verify->add_option("IMAGE", options.image, oci::image_names)->required();
        verify->add_flag("--json", options.json, "Print JSON");
        on_image(verify);
        verify->callback(
            [this] { command = [this](Progress&, const std::stop_token& stop) { return run_verify(options, stop); }; });
        add_push();
        add_cache();
        CLI::App* gpus = app.add_subcommand("gpus", "List the GPUs that a template may name, and the kernels for each");
        gpus->add_option(
            "FROM", options.image,
            "Whose kernels: a template (FILE.toml) or an image; default: the recipes that come with tmplbuild");
        gpus->add_flag("--json", options.json, "Print JSON");
        on_image(gpus);
        gpus->callback(
            [this] { command = [this](Progress&, const std::stop_token& stop) { return run_gpus(options, stop); }; });
        add_runpod();
        CLI::App* doctor = app.add_subcommand(
            "doctor",
            "Say what this machine has and lacks for builds, and how to mend it: exit 0, or 3 if it lacks something");
        doctor->add_flag("--json", options.json, "Print JSON");
        doctor->callback([this] {
            command = [this](Progress& shown, std::stop_token stop) {
                return run_doctor(options, shown, std::move(stop));
            };
        });
        add_wan_plan();
        add_catalogue();
    }

    void add_catalogue() {
        CLI::App* group = app.add_subcommand("catalogue", "Make and complete catalogues of models for the console");
        group->require_subcommand(1);
        const auto add = [&](const char* name, const char* what,
                             int (*run)(const Options&, Progress&, std::stop_token)) {
            CLI::App* sub = group->add_subcommand(name, what);
            shows_progress(sub);
            sub->callback([this, run] {
                command = [this, run](Progress& shown, std::stop_token stop) {
                    return run(options, shown, std::move(stop));
                };
            });
            return sub;
        };
        CLI::App* import =
            add("import", "Make sets of models from ComfyUI's own workflow templates", run_catalogue_import);
        import
            ->add_option("FROM", options.catalogue,
                         "The wheel comfyui-workflow-templates-json (pip download --no-deps fetches it), or a folder "
                         "of workflows")
            ->required();
        repeatable(import->add_option("--workflow", options.workflows,
                                      "NAME: the workflow that becomes a set; repeatable; default: all that have "
                                      "models"));
        import->add_option("-o,--output", options.into,
                           "FILE: put the sets into this catalogue; what it says of the same files stays; default: "
                           "print them");
        CLI::App* lock =
            add("lock", "Ask Hugging Face for the commit, size and digest of each model", run_catalogue_lock);
        lock->add_option("FILE", options.catalogue, "The catalogue")->required();
        lock->add_option("-o,--output", options.into, "FILE: where it is written; default: in its own place");
    }

    void add_runpod() {
        CLI::App* runpod = on_template(
            "runpod", "Print the RunPod template of a built image, checked, and publish it with --publish", run_runpod);
        runpod->add_option("--image", options.image,
                           "The built image: docker://HOST/REPOSITORY[:TAG], oci:DIR[:TAG], …; default oci:out/<name>");
        runpod->add_option("-o,--output", options.folder,
                           "DIR: where template.json, README.md and ports.txt go; default out/<name>.runpod");
        runpod->add_flag("--strict", options.strict, "Take warnings for errors");
        runpod->add_flag("--publish", options.publish, "Make or change the template at RunPod; else nothing is sent");
        runpod->add_option("--key-file", options.key_file,
                           "FILE with the API key; default: the variable RUNPOD_API_KEY");
        runpod->add_option("--api", options.api, "URL of the API; default https://api.runpod.io");
    }

    void add_wan_plan() {
        CLI::App* plan = app.add_subcommand("wan-plan", "Plan a long video as segments that a model can make");
        calculator::VideoWish& video = options.video;
        plan->add_option("--model", video.model, "Which model; --models lists them; default: " + video.model);
        plan->add_option("--frames", video.frames, "N: how many frames the video has");
        plan->add_option("--duration", video.seconds, "SECONDS: how long it is, in place of --frames");
        plan->add_option("--fps", video.fps, "N: frames a second; default: the model's own");
        plan->add_option("--max-frames", video.max_frames, "N: of one segment; default: what the model is run with");
        plan->add_option("--overlap", video.overlap, "N: frames that a segment shares with the one before; default: 1");
        plan->add_option("--width", video.width, "PIXELS");
        plan->add_option("--height", video.height, "PIXELS");
        plan->add_option("--steps", video.steps, "N: default: what the model is run with");
        plan->add_option("--attention-speed", video.attention_speed,
                         "N: how many times as fast attention is as PyTorch's own, 1 to 4");
        plan->add_option("--gpu", options.video_gpu, "NAME: say how long it takes there, and whether it fits");
        plan->add_flag("--models", options.models, "List the models instead");
        plan->add_flag("--json", options.json, "Print JSON");
        plan->callback(
            [this] { command = [this](Progress&, const std::stop_token&) { return run_wan_plan(options); }; });
    }

    void on_image(CLI::App* sub) {
        repeatable(sub->add_option("--plain-http", options.plain_http,
                                   "HOST[:PORT]: speak http, not https, to this registry; repeatable"));
    }

    void reads_cache(CLI::App* sub) {
        repeatable(
            sub->add_option("--cache-from", options.cache_from,
                            "docker://HOST/REPOSITORY: take finished steps from this cache; repeatable, asked in "
                            "this order"));
        sub->add_option("--cache-key", options.cache_key,
                        "FILE: an Ed25519 key in PEM form; steps of caches count only if it signed them, and a private "
                        "one signs what is written");
    }

    void add_cache() {
        CLI::App* cache = app.add_subcommand("cache", "Show or clean up finished steps, here or in a shared cache");
        cache->require_subcommand(1);
        const auto add = [&](const char* name, const char* what,
                             int (*run)(const Options&, Progress&, std::stop_token)) {
            CLI::App* sub = cache->add_subcommand(name, what);
            sub->add_option("--remote", options.remote,
                            "docker://HOST/REPOSITORY: of this shared cache, in place of the store here");
            on_image(sub);
            sub->callback([this, run] {
                command = [this, run](Progress& shown, std::stop_token stop) {
                    return run(options, shown, std::move(stop));
                };
            });
            return sub;
        };
        add("ls", "List the steps, with age and size", run_cache_ls)->add_flag("--json", options.json, "Print JSON");
        CLI::App* gc = add("gc", "Say what would be removed, and remove it with --yes", run_cache_gc);
        gc->add_option("--keep", options.keep, "TIME: keep what is younger or was used within it: 14d, 12h");
        gc->add_option("--max-size", options.max_size, "SIZE: keep what was used last and fits in it: 20GB");
        gc->add_flag("--yes", options.yes, "Remove it");
    }

    void add_push() {
        CLI::App* push = app.add_subcommand("push", "Put an image into a registry; what was cut goes on where it was");
        push->add_option("IMAGE", options.image,
                         "oci:DIR[:TAG], oci-archive:FILE[:TAG], docker://HOST/REPOSITORY[:TAG], or a layout's folder")
            ->required();
        push->add_option("REF", options.outputs,
                         "docker://HOST/REPOSITORY[:TAG]: where it goes; several, also of several registries")
            ->required();
        push->add_option("--metadata-file", options.metadata_file, "Write digests and what was sent as JSON to FILE");
        shows_progress(push);
        push->add_flag("--json", options.json, "Print the result as JSON");
        on_image(push);
        push->callback([this] {
            command = [this](Progress& shown, std::stop_token stop) {
                return run_push(options, shown, std::move(stop));
            };
        });
    }

    void shows_progress(CLI::App* sub) {
        sub->add_option_function<std::string>(
               "--progress", [this](const std::string& word) { progress = progress_kind(word); },
               "How the work is shown: auto, tty, plain or json")
            ->type_name("KIND");
    }

    CLI::App* on_template(const char* name, const char* what, int (*run)(const Options&, Progress&, std::stop_token)) {
        CLI::App* sub = app.add_subcommand(name, what);
        sub->add_option("TEMPLATE", options.template_file, "The template, a TOML file")->required();
        repeatable(sub->add_option("--set", options.set, "Change a key of the template: key=value; repeatable"));
        shows_progress(sub);
        on_image(sub);
        sub->add_flag("--json", options.json, "Print the result as JSON");
        sub->callback([this, run] {
            command = [this, run](Progress& shown, std::stop_token stop) {
                return run(options, shown, std::move(stop));
            };
        });
        return sub;
    }
};

// `lock --update TEMPLATE`: what stands after --update is a part's name only where a template is given as well.
void settle_lock(Options& options, const CLI::App& lock) {
    options.lock_update = lock.count("--update") != 0;
    if (options.template_file.empty()) std::swap(options.template_file, options.update);
    if (options.template_file.empty()) throw CLI::RequiredError("TEMPLATE");
}

// `run TEMPLATE -- COMMAND…`: everything after the dashes belongs to the pod, whatever it looks like.
int take_command(int argc, char** argv, Options& options) {
    if (argc < 2 || std::string_view(argv[1]) != "run") return argc;
    char** const end = argv + argc;
    char** const dashes = std::find_if(argv, end, [](const char* word) { return std::string_view(word) == "--"; });
    if (dashes == end) return argc;
    options.arguments.assign(dashes + 1, end);
    return static_cast<int>(dashes - argv);
}

// The exit code after the result was written. A reader that has read enough (`| head`) causes no message.
int finished(int code, ProgressKind progress) {
    const int failed = finish_output();
    if (failed == 0) return code;
    if (failed != EPIPE) print_errors({os_error("write the result to", "standard output", failed)}, progress);
    return exit_code(ErrorKind::build);
}

int parse_and_run(int argc, char** argv) {
    CommandLine line;
    argc = take_command(argc, argv, line.options);
    try {
        line.app.parse(argc, argv);
        if (line.app.got_subcommand("lock")) settle_lock(line.options, *line.app.get_subcommand("lock"));
    } catch (const CLI::ParseError& wrong) {
        if (wrong.get_exit_code() == 0) {  // --help, --version
            std::ostringstream text;
            line.app.exit(wrong, text, text);
            print_text(text.str());
            return finished(0, line.progress);
        }
        print_errors({usage_of(line.app, wrong, argc > 1 ? argv[1] : "")}, line.progress);
        return exit_code(ErrorKind::usage);
    }
    const StopOnSignal stop;
    std::unique_ptr<Progress> progress = make_progress(line.progress);
    std::vector<Error> errors;
    try {
        const int code = line.command(*progress, stop.token());
        progress.reset();
        return finished(code, line.progress);
    } catch (const BuildError& failed) {
        errors = failed.errors();
    } catch (const std::exception& failed) {
        errors.push_back(build_error(std::string("an error that nobody expected: ") + failed.what(),
                                     "please report it with the command that led to it"));
    }
    progress.reset();  // live lines are removed before errors are printed
    // Earlier results come first; their failure does not matter, since the command has failed anyway.
    (void)finish_output();
    print_errors(errors, line.progress);
    return exit_code(errors.front().kind);
}

}  // namespace

int main(int argc, char** argv) {
    // A release is started by its loader, which `ps` and `top` would name.
    ::prctl(PR_SET_NAME, "tmplbuild");
    return parse_and_run(argc, argv);
}

// SPDX-License-Identifier: Apache-2.0
// The form of the video calculator: its fields, what each means for the model that is chosen, and an error at its field.
import {make, set_text} from "{{static:dom.js}}";

// In the form's order. `own`: what is taken where the field is empty, from the model.
const fields = [
  {name: "fps", label: "Frames a second", own: (model) => model.fps, hint: "the model’s own if empty"},
  {name: "max_frames", label: "Frames of a segment", own: (model) => model.frames, hint: (model) => grid_words(model)},
  {name: "overlap", label: "Shared frames", own: () => 1, hint: "with the segment before"},
  {name: "steps", label: "Steps", own: (model) => model.steps ?? "unknown", hint: "of each segment"},
  {name: "width", label: "Width", own: (model) => model.width, hint: (model) => `a multiple of ${model.size_multiple}`},
  {name: "height", label: "Height", own: (model) => model.height, hint: (model) => `a multiple of ${model.size_multiple}`},
];

const grid_words = ({grid, shortest, longest}) => `${grid.step}n+${grid.offset}, ${shortest}` + (longest ? ` to ${longest}` : " or more");

export class VideoForm {
  // changed(is_done): while somebody types, and once a field is left.
  constructor(root, known, changed) {
    Object.assign(this, {root, known});
    this.inputs = {};
    this.errors = {};
    this.hints = {};
    root.append(this.model_field(), this.length_fields(), ...fields.map((field) => this.number_field(field)), this.gpu_field(),
                this.speed_field(), this.guided_field());
    root.addEventListener("input", () => {
      this.show_own();
      changed(false);
    });
    root.addEventListener("change", () => changed(true));
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      changed(true);
    });
  }

  model() {
    return this.known.models.find((one) => one.id === this.inputs.model.value) ?? this.known.models[0];
  }

  wrapped(name, label, input, hint, whole) {
    const id = `wish-${name}`;
    const error = make("p", {class: "error said", id: `${id}-error`});
    const words = make("p", {class: "hint", id: `${id}-hint`}, hint ?? "");
    input.id = id;
    input.setAttribute("aria-describedby", `${id}-error ${id}-hint`);
    Object.assign(this.inputs, {[name]: input});
    Object.assign(this.errors, {[name]: error});
    Object.assign(this.hints, {[name]: words});
    return make("div", {class: whole ? "wish whole" : "wish"}, make("label", {for: id}, label), input, words, error);
  }

  model_field() {
    const select = make("select", {name: "model"}, ...this.known.models.map((one) => make("option", {value: one.id}, one.name)));
    return this.wrapped("model", "Model", select, "", true);
  }

  length_fields() {
    const choice = (value, words) => {
      const input = make("input", {type: "radio", name: "unit", value, id: `unit-${value}`});
      this.inputs[`unit_${value}`] = input;
      return make("div", {class: "choice"}, input, make("label", {for: `unit-${value}`}, words));
    };
    const number = (name, label, hint) => this.wrapped(name, label, make("input", {name, inputmode: "decimal", autocomplete: "off"}), hint);
    const set = make("fieldset", {class: "length"}, make("legend", {}, "Length of the video"), choice("frames", "in frames"),
                     choice("duration", "in seconds"));
    this.length = {frames: number("frames", "Frames", ""), duration: number("duration", "Seconds", "")};
    set.append(this.length.frames, this.length.duration);
    set.addEventListener("input", () => this.show_unit());
    return set;
  }

  number_field({name, label}) {
    return this.wrapped(name, label, make("input", {name, inputmode: "decimal", autocomplete: "off"}), "");
  }

  gpu_field() {
    const {pod_gpu, gpus} = this.known;
    const of_pod = pod_gpu && !gpus.some((one) => one.name === pod_gpu) ? [{name: pod_gpu}] : [];
    const words = (one) => one.name + (one.memory_bytes ? `, ${Math.round(one.memory_bytes / 1e9)} GB` : "") + (one.name === pod_gpu ? " (this pod)" : "");
    const select = make("select", {name: "gpu"}, make("option", {value: ""}, "no GPU: nothing about time"),
                        ...[...of_pod, ...gpus].map((one) => make("option", {value: one.name}, words(one))));
    return this.wrapped("gpu", "GPU", select, pod_gpu ? "" : "This pod’s own GPU is not known.", true);
  }

  speed_field() {
    const input = make("input", {name: "attention_speed", inputmode: "decimal", autocomplete: "off", placeholder: "1"});
    return this.wrapped("attention_speed", "Attention speed", input, "1 is PyTorch’s own, up to 4", false);
  }

  guided_field() {
    const select = make("select", {name: "guided"}, make("option", {value: ""}, "with CFG"), make("option", {value: "0"}, "without (CFG 1)"));
    return this.wrapped("guided", "Guidance", select, "with it, each step runs twice", false);
  }

  unit() {
    return this.inputs.unit_duration.checked ? "duration" : "frames";
  }

  show_unit() {
    const unit = this.unit();
    this.length.frames.hidden = unit !== "frames";
    this.length.duration.hidden = unit !== "duration";
  }

  // Empty fields show what the model has of its own.
  show_own() {
    const model = this.model();
    for (const {name, own, hint} of fields) {
      this.inputs[name].placeholder = String(own(model));
      set_text(this.hints[name], typeof hint === "function" ? hint(model) : hint);
    }
    set_text(this.hints.model, model.source);
  }

  fill(values) {
    const is_seconds = Boolean(values.duration) && !values.frames;
    this.inputs.unit_duration.checked = is_seconds;
    this.inputs.unit_frames.checked = !is_seconds;
    for (const [name, input] of Object.entries(this.inputs)) {
      if (name.startsWith("unit_")) continue;
      const value = values[name] ?? "";
      // What no option has stays what it is, so that its error is shown and not another plan.
      if (input.tagName === "SELECT" && ![...input.options].some((one) => one.value === value)) input.append(make("option", {value}, value));
      input.value = value;
    }
    if (!is_seconds && !this.inputs.frames.value) this.inputs.frames.value = "200";
    if (!this.inputs.duration.value) this.inputs.duration.value = "30";
    this.show_unit();
    this.show_own();
  }

  values() {
    const unit = this.unit();
    const out = {model: this.inputs.model.value, [unit]: this.inputs[unit].value.trim()};
    for (const name of [...fields.map((one) => one.name), "gpu", "attention_speed", "guided"]) out[name] = this.inputs[name].value.trim();
    return out;
  }

  // Whether the field is one of this form.
  show_problem(field, words) {
    const is_here = field in this.errors && !(this.length[field]?.hidden);
    for (const [name, error] of Object.entries(this.errors)) {
      const is_wrong = is_here && name === field;
      set_text(error, is_wrong ? words : "");
      if (is_wrong) this.inputs[name].setAttribute("aria-invalid", "true");
      else this.inputs[name].removeAttribute("aria-invalid");
      this.hints[name].hidden = is_wrong || !this.hints[name].textContent;
    }
    return is_here;
  }
}

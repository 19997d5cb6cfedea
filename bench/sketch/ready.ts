/** The line by which the sketch says that it is ready; in a file of its own, because importing the module starts it. */
export const SKETCH_READY = "The sketch is ready";

/**
 * Where Jest runs the tests: Node's environment with a plain global object. Jest's own (jest-environment-node 30.5.2) lets
 * every look at a global (Promise, JSON, setImmediate) go through a proxy, to find at the end of a file what it left
 * behind; the simulation, which lives of such looks, took twice the time with it. Everything else is as Jest makes it.
 */
import vm from "node:vm";
import { TestEnvironment as NodeEnvironment } from "jest-environment-node";

const { createContext } = vm;

export default class PlainEnvironment extends NodeEnvironment {
  /** Only the constructor makes a context, and only there is it made in another way: a global object of V8's own. */
  constructor(config, context) {
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }
}

/** The operator's own channels, against the HumanLayer-compatible server, keep to the contract that the fakes keep to. */
import { channelsContract } from "./channels-contract";
import { makeRealWorld } from "./channels-real-world";

channelsContract("The real ones, over HumanLayer's protocol,", makeRealWorld);

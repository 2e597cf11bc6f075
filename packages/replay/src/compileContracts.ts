import hre from "hardhat";

/** What a command does before it deploys: compiles what has changed, and says that it may take its time. */
export async function compileContracts(): Promise<void> {
  console.error("checking that the contracts are compiled (up to five minutes the first time) …");
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
}

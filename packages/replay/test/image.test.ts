import { expect } from "chai";
import { renderImage } from "../src/report/image.ts";

describe("A picture of charts", () => {
  it("is a PNG whatever the files are called that its title names", () => {
    const png = renderImage({ title: `ETH from a&b <"c">.csv`, subtitle: "1 < 2 & 3", charts: [] });
    expect(Buffer.from(png.subarray(1, 4)).toString()).to.equal("PNG");
  });
});

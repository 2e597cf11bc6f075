/** The part of jStat that is used here. */
declare module "jstat" {
  interface ContinuousDistribution {
    readonly cdf: (x: number, ...parameters: number[]) => number;
    readonly inv: (p: number, ...parameters: number[]) => number;
  }
  const jStat: {
    readonly beta: ContinuousDistribution;
    readonly chisquare: ContinuousDistribution;
    readonly gammaln: (x: number) => number;
  };
  export default jStat;
}

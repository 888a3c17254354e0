namespace Consort.Studies.Recipes.Kdef;

/// <summary>AUC and log-loss in the public logs of Li et al. on Criteo (github.com/salmon1802/KDEF).</summary>
internal static class KdefPublished
{
    /// <summary>Rows of the test split from which on data in Criteo's columns are taken to be all of Criteo.</summary>
    public const int WholeTestRows = 4_000_000;

    private static readonly Dictionary<(string, int), (double, double)> Criteo = new()
    {
        [("alone", 1)] = (.813945, .438146),
        [("mean", 2)] = (.813973, .438268),
        [("mean", 3)] = (.813753, .438590),
        [("mean", 4)] = (.814027, .438333),
        [("mean", 5)] = (.813756, .438780),
        [("mean", 6)] = (.813618, .438888),
        [("sum", 2)] = (.8138, double.NaN),
        [("sum", 3)] = (.8137, double.NaN),
        [("sum", 4)] = (.8141, double.NaN),
        [("sum", 5)] = (.8131, double.NaN),
        [("sum", 6)] = (.8139, double.NaN),
        [("concat", 2)] = (.8139, double.NaN),
        [("concat", 3)] = (.8143, double.NaN),
        [("concat", 4)] = (.8138, double.NaN),
        [("concat", 5)] = (.8140, double.NaN),
        [("concat", 6)] = (.8132, double.NaN),
        [("kdef", 2)] = (.815259, .436884),
        [("kdef", 3)] = (.815399, .436694),
        [("kdef", 4)] = (.815601, .436442),
        [("kdef", 5)] = (.815816, .436253),
        [("kdef", 6)] = (.815786, .436407),
        [("kdef", 10)] = (.816021, .436069),
    };

    /// <summary>EKTF-L: product network, FinalNet and exponential cross network.</summary>
    public static (double Auc, double LogLoss) Mixed => (.816356, .435687);

    /// <summary>M towers of [400, 400, 400].</summary>
    public static (double Auc, double LogLoss)? Of(string method, int members) =>
        Criteo.TryGetValue((method, members), out var known) ? known : null;
}

namespace Consort.Studies.Recipes.Kdef;

/// <summary>
/// AUC and log-loss of the test split in the public logs of Li et al. on Criteo, one seed each: github.com/salmon1802/KDEF, commit 671817d,
/// <c>checkpoints/**.log</c>.
/// </summary>
internal static class KdefPublished
{
    /// <summary>Rows of the test split from which on data in Criteo's columns are taken to be all of Criteo.</summary>
    public const int WholeTestRows = 4_000_000;

    private static readonly Dictionary<(string, int), (double, double)> Criteo = new()
    {
        // MLP_mean_Criteo_001 to 006
        [("alone", 1)] = (.813945, .438146),
        [("mean", 2)] = (.813973, .438268),
        [("mean", 3)] = (.813753, .438590),
        [("mean", 4)] = (.814027, .438333),
        [("mean", 5)] = (.813756, .438780),
        [("mean", 6)] = (.813618, .438888),
        // MLPs_sum_Criteo_001 to 005
        [("sum", 2)] = (.813822, .438429),
        [("sum", 3)] = (.813745, .438589),
        [("sum", 4)] = (.814133, .438995),
        [("sum", 5)] = (.813098, .439702),
        [("sum", 6)] = (.813907, .439089),
        // MLPs_concat_Criteo_001 to 005
        [("concat", 2)] = (.813891, .438266),
        [("concat", 3)] = (.814338, .438011),
        [("concat", 4)] = (.813764, .438680),
        [("concat", 5)] = (.814044, .438425),
        [("concat", 6)] = (.813171, .439624),
        // EKTF_Criteo_001 to 006
        [("kdef", 2)] = (.815259, .436884),
        [("kdef", 3)] = (.815399, .436694),
        [("kdef", 4)] = (.815601, .436442),
        [("kdef", 5)] = (.815816, .436253),
        [("kdef", 6)] = (.815786, .436407),
        [("kdef", 10)] = (.816021, .436069),
    };

    /// <summary>EKTF-L: product network, FinalNet and exponential cross network; the log EKTF_L_Criteo_001.</summary>
    public static (double Auc, double LogLoss) Mixed => (.816356, .435687);

    /// <summary>M towers of [400, 400, 400].</summary>
    public static (double Auc, double LogLoss)? Of(string method, int members) =>
        Criteo.TryGetValue((method, members), out var known) ? known : null;
}

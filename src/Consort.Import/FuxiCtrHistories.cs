using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>What FuxiCTR's models of histories say beside one value under another name.</summary>
internal static class FuxiCtrHistories
{
    /// <summary>Whose scores may have an activation there.</summary>
    public static void Din(ModelImport import)
    {
        Fields(import, "din_target_field", "din_sequence_field");
        import.Require("attention_output_activation", _ => false, "scores have no activation");
    }

    /// <summary>Which has two further kinds of attention there, and a loss beside that of the clicks.</summary>
    public static void Dien(ModelImport import)
    {
        Fields(import, "dien_target_field", "dien_sequence_field");
        const string Reason = "attention is that of DIN, din_attention";
        if (import.Section.Take("model") is { } model && !import.Section.Has("attention_type"))
            import.Notes.Lost(new ConfigValue("attention_type", "bilinear_attention", model.Source) { Line = model.Line },
                $"FuxiCTR's, where nothing is said; {Reason}");
        import.Require("attention_type", v => v.Text == "din_attention", Reason);
        Auxiliary(import, "dien_neg_seq_field");
    }

    /// <summary>Which may hide what comes later, and drop shares of attention.</summary>
    public static void Bst(ModelImport import)
    {
        Fields(import, "bst_target_field", "bst_sequence_field");
        import.Require("use_causal_mask", v => !v.Flag, "every position sees all others");
        import.Require("attention_dropout", v => v.TryNumber() == 0, "what attention gives drops, by net_dropout; its shares do not");
    }

    /// <summary>Which has a loss beside that of the clicks there.</summary>
    public static void Dmin(ModelImport import)
    {
        Fields(import, "target_field", "sequence_field");
        import.Require("bn_only_once", v => !v.Flag, "each hidden layer is batch-normalised or none");
        Auxiliary(import, "neg_seq_field");
    }

    private static void Auxiliary(ModelImport import, string negatives)
    {
        import.Require("aux_activation", v => v.Text.Equals("relu", StringComparison.OrdinalIgnoreCase),
            "the auxiliary loss's tower has ReLU");
        if (import.Section.Take(negatives) is { } value)
            import.Notes.Unneeded(value, "the auxiliary loss draws from the batch");
    }

    // Where the file names none, those that share a vocabulary.
    private static void Fields(ModelImport import, string target, string history)
    {
        if (import.Section.Take(target) is { } targets)
            import.Set("target", Tuples(targets));
        if (import.Section.Take(history) is { } histories)
            import.Set("history", Tuples(histories));
    }

    private static OptionTree Tuples(ConfigValue value) =>
        OptionTree.List(value is { IsList: true, IsTuple: false } ? value.Items.Select(Tuple) : [Tuple(value)]);

    private static string Tuple(ConfigValue value) => string.Join('+', value.Items.Select(i => i.Text));
}

using System.Globalization;
using System.Text.RegularExpressions;
using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>What FuxiCTR's keys of training become: the sections <c>training</c> and <c>embedding</c>.</summary>
internal static partial class TrainingImport
{
    private const string Files = "where and how FuxiCTR keeps files";
    private const string Process = "of FuxiCTR's process or its output";

    // What results do not depend on, or what is always so here.
    private static readonly Dictionary<string, string> Needless = new(StringComparer.Ordinal)
    {
        ["model_root"] = Files,
        ["model_id"] = Files,
        ["data_root"] = Files,
        ["pickle_feature_encoder"] = Files,
        ["use_hdf5"] = Files,
        ["rebuild_dataset"] = Files,
        ["data_block_size"] = Files,
        ["partition_block_size"] = Files,
        ["block_size"] = Files,
        ["streaming"] = Files,
        ["use_streaming"] = Files,
        ["data_loader"] = Files,
        ["feature_config"] = Files,
        ["num_workers"] = Process,
        ["workers"] = Process,
        ["verbose"] = Process,
        ["gpu"] = Process,
        ["debug"] = Process,
        ["debug_mode"] = Process,
        ["version"] = Process,
        ["num_fields"] = "counted from the data",
        ["num_features"] = "counted from the data",
    };

    // What has no counterpart, and what to do instead.
    private static readonly Dictionary<string, string> Instead = new(StringComparer.Ordinal)
    {
        ["accumulation_steps"] = "gradients are not added up over steps: raise batch_size",
        ["min_categr_count"] = "belongs to the schema: min_count",
        ["use_features"] = "belongs to the schema: `kind: ignored` for the other fields",
        ["feature_specs"] = "belongs to the schema and to embedding, fields",
    };

    /// <summary>Reads the training keys.</summary>
    /// <param name="section">FuxiCTR's keys.</param>
    /// <param name="notes">Where to say what was not carried over.</param>
    /// <returns>The section <c>training</c>.</returns>
    /// <exception cref="ConsortException">A value is malformed, or the task is another one than clicks.</exception>
    public static OptionTree Read(ConfigSection section, ImportNotes notes)
    {
        CheckTask(section, notes);
        MetricImport.Measured(section, notes);
        var result = new List<(string Key, OptionTree Value)>
        {
            ("batch_size", Whole(section, "batch_size") ?? 32),
            ("epochs", Whole(section, "epochs") ?? 1),
            ("learning_rate", Domain.Show(section.Take("learning_rate")?.Number ?? 0.001)),
        };
        var evaluations = Evaluations(section, notes);
        var isPlateau = section.Take("reduce_lr_on_plateau")?.Flag ?? true;
        result.Add(("schedule", OptionTree.Parse(isPlateau
            ? "{ name: plateau, factor: 0.1, min_delta: 1e-6, floor: 1e-6 }" : "{ name: constant }")));
        // FuxiCTR 1 counts epochs without improvement, 2 evaluations.
        var patience = section.Take("early_stop_patience", "patience");
        if (patience?.Number < 1)
            notes.Lost(patience, "training goes on for one evaluation without improvement at least");
        result.Add(("patience", Domain.Show(
            Math.Max(1, patience is null ? 2 : patience.Key == "patience"
                ? Math.Ceiling(patience.Number * evaluations) : patience.Number))));
        result.Add(("evaluations_per_epoch", Domain.Show(evaluations)));
        result.Add(("monitor", MetricImport.Monitor(section, notes)));
        result.Add(("optimizer", OptionTree.Keys(("name", Optimizer(section, notes)))));
        var both = section.Take("regularizer");
        result.Add(("embedding_l2", Squares(section.Take("embedding_regularizer") ?? both, notes)));
        result.Add(("dense_l2", Squares(section.Take("net_regularizer") ?? both, notes)));
        result.Add(("embedding_update", "dense"));
        result.Add(("max_gradient_norm", Domain.Show(section.Take("max_gradient_norm")?.Number ?? 10)));
        if (Whole(section, "seed") is { } seed)
            result.Add(("seed", seed));
        if (section.Take("shuffle") is { } shuffle && !shuffle.Flag)
            notes.Lost(shuffle, "rows are always dealt anew in each epoch");
        if (section.Take("save_best_only") is { } best && !best.Flag)
            notes.Lost(best, "the best weights are kept, not the last");
        return OptionTree.Keys(result);
    }

    /// <summary>D and what embeddings start with.</summary>
    public static OptionTree Embedding(ConfigSection section, ImportNotes notes, int dimension)
    {
        var result = OptionTree.Keys(("dimension", Whole(section, "embedding_dim") ?? dimension));
        if (section.Take("embedding_initializer") is { } start)
        {
            var match = Normal().Match(start.Text);
            if (match.Success && double.TryParse(match.Groups["std"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture,
                out var deviation) && double.IsFinite(deviation))
                result = result.With("initial_deviation", Domain.Show(deviation));
            else
                notes.Lost(start, "embeddings start normal around 0 with initial_deviation");
        }

        return result;
    }

    /// <summary>Names what nobody asked for.</summary>
    public static void Rest(ConfigSection section, ImportNotes notes)
    {
        foreach (var value in section.Left)
        {
            if (Needless.TryGetValue(value.Key, out var reason))
                notes.Unneeded(value, reason);
            else if (value.IsNone)
                notes.Unneeded(value, "has no value");
            else if (value.Key == "accumulation_steps" && value.TryNumber() == 1)
                notes.Unneeded(value, "each step is one batch");
            else
                notes.Lost(value, Instead.GetValueOrDefault(value.Key, "no counterpart is known"));
        }
    }

    private static void CheckTask(ConfigSection section, ImportNotes notes)
    {
        if (section.Take("task") is { } task && (task.IsList || task.Text != "binary_classification"))
            throw task.Error("binary_classification, the one task there is");
        if (section.Take("loss") is { } loss
            && (loss.IsList || loss.Text is not ("binary_crossentropy" or "binary_cross_entropy" or "bce")))
            notes.Lost(loss, "the loss is binary cross-entropy");
    }

    private static long? Whole(ConfigSection section, string key) => section.Take(key)?.Integer;

    private static double Evaluations(ConfigSection section, ImportNotes notes)
    {
        if (section.Take("eval_steps") is { } steps)
            notes.Lost(steps, "evaluations are so many an epoch, not every so many steps: set evaluations_per_epoch to steps of an epoch / eval_steps");
        if (section.Take("every_x_epochs", "eval_interval") is not { } every)
            return 1;
        if (every.Number <= 0)
            throw every.Error("a number above 0");
        var count = Math.Round(1 / every.Number);
        if (count >= 1 && Math.Abs((count * every.Number) - 1) < 0.01)
            return count;
        notes.Lost(every, "evaluations are a whole number an epoch");
        return Math.Max(1, count);
    }

    private static string Optimizer(ConfigSection section, ImportNotes notes)
    {
        if (section.Take("optimizer") is not { } optimizer)
            return "adam";
        switch (optimizer.Text.ToUpperInvariant())
        {
            case "ADAM":
                return "adam";
            case "SGD":
                return "sgd";
            case "ADAGRAD":
                return "adagrad";
            default:
                notes.Lost(optimizer, "there are adam, sgd and adagrad; adam stands for it");
                return "adam";
        }
    }

    // 1.e-5, l2(1.e-5), l1(…), l1_l2(…, …)
    private static OptionTree Squares(ConfigValue? value, ImportNotes notes)
    {
        if (value is null)
            return 0;
        if (value.TryNumber() is { } number)
        {
            if (number == 0 || value.Text.AsSpan().IndexOfAny('.', 'e', 'E') >= 0)
                return Domain.Show(number);
            notes.Changed(value, "FuxiCTR passes over whole numbers here: write 1.0 for 1");
            return 0;
        }

        var match = Norms().Match(value.Text);
        if (!match.Success)
            throw value.Error("a number, l2(number), l1(number) or l1_l2(number, number)");
        var second = match.Groups["kind"].Value switch { "l2" => match.Groups["a"], "l1" => null, _ => match.Groups["b"] };
        if (match.Groups["kind"].Value != "l2")
            notes.Lost(value, $"weights are regularised by their squares alone{(second is null ? "" : ", which is kept")}");
        if (second is null)
            return 0;
        return double.TryParse(second.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var square)
            && double.IsFinite(square)
            ? Domain.Show(square)
            : throw value.Error("a number, l2(number), l1(number) or l1_l2(number, number)");
    }

    [GeneratedRegex(@"\binit\.normal_(?!.*\bmean\s*=\s*-?[0.]*[1-9]).*\bstd\s*=\s*(?<std>[-+.\deE]+)")]
    private static partial Regex Normal();

    [GeneratedRegex(@"^(?<kind>l1_l2|l1|l2)\(\s*(?<a>[-+.\deE]+)\s*(,\s*(?<b>[-+.\deE]+)\s*)?\)$")]
    private static partial Regex Norms();
}

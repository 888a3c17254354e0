using Consort.Foundation.Options;
using Consort.Learning.Schedules;
using Consort.Learning.Strategies;

namespace Consort.Learning.Training;

/// <summary>
/// A stretch of training: how members learn, for how long, at which rate, from which weights, and who stands still.
/// Phases follow one another in one run; each begins with the best weights of the one before.
/// </summary>
public sealed record Phase
{
    /// <summary>Its name in the log and in checkpoints.</summary>
    public string Name { get; init; } = "train";

    /// <summary>How members learn.</summary>
    public required Strategy Strategy { get; init; }

    /// <summary>The most epochs, 0 to 100,000; a phase of none measures the weights it starts from.</summary>
    public int Epochs { get; init; } = 100;

    /// <summary>The learning rate that the schedule starts from, above 0.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Makes the schedule from the learning rate and the steps of an epoch.</summary>
    public Func<double, long, Schedule> Schedule { get; init; } = (rate, _) => new ReduceOnPlateau(rate);

    /// <summary>Evaluations without improvement after which the phase ends; 0 never ends it early.</summary>
    public int Patience { get; init; } = 2;

    /// <summary>The least improvement that counts.</summary>
    public double MinDelta { get; init; } = 1e-6;

    /// <summary>
    /// Checkpoints of runs of one member that the members start from, one a member and in their order; empty to go on from
    /// where the run stands.
    /// </summary>
    public IReadOnlyList<string> From { get; init; } = [];

    /// <summary>
    /// Finished runs whose families stand still and teach, each by the logit of its ensemble; for strategies that learn from
    /// teachers.
    /// </summary>
    public IReadOnlyList<string> Teachers { get; init; } = [];

    /// <summary>Members whose own weights stand still; −1 stands for what members share.</summary>
    public IReadOnlySet<int> Frozen { get; init; } = new HashSet<int>();

    /// <summary>
    /// Whether the optimizer goes on with the moments and the steps that it has from the phase before, which must have had the same frozen
    /// members; else the phase begins with a fresh one.
    /// </summary>
    public bool KeepOptimizer { get; init; }

    /// <summary>
    /// Whether the weights at the phase's beginning count as a candidate for its best: fine-tuning that only harms is then
    /// undone.
    /// </summary>
    public bool EvaluateFirst { get; init; }

    /// <summary>
    /// Reads a phase: <c>name, strategy, epochs, learning_rate, schedule, patience, min_delta, from, teachers, freeze,
    /// evaluate_first, keep_optimizer</c>.
    /// </summary>
    /// <param name="options">The phase, or the section <c>training</c> where there is one phase.</param>
    /// <param name="strategy">The section <c>strategy</c>; closed here.</param>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static Phase Read(OptionMap options, OptionMap strategy)
    {
        var map = options.Section("schedule");
        if (!map.Has("name"))
            map.Set("name", "plateau"); // what FuxiCTR does, and so what published numbers mean
        Func<double, long, Schedule> schedule = (start, steps) => ScheduleCatalogue.Create(map, start, steps);
        var rate = options.Number("learning_rate", 1e-3, 1e-12, 1e3);
        schedule(rate, 1); // reads every key now, so that a mistake shows before training

        var epochs = options.Integer("epochs", 100, 0, 100_000);
        return new Phase
        {
            Name = options.Text("name", "train"),
            Strategy = StrategyCatalogue.Create(strategy),
            Epochs = epochs,
            LearningRate = rate,
            Schedule = schedule,
            Patience = options.Integer("patience", 2, 0, 100_000),
            MinDelta = options.Number("min_delta", 1e-6, 0, 1),
            From = options.Texts("from", []),
            Teachers = options.Texts("teachers", []),
            Frozen = options.Integers("freeze", [], -1, 63).ToHashSet(),
            EvaluateFirst = options.Flag("evaluate_first", epochs == 0) || epochs == 0,
            KeepOptimizer = options.Flag("keep_optimizer", false),
        };
    }
}

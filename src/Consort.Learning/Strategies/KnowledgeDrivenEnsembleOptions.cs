using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>Options of <see cref="KnowledgeDrivenEnsemble"/>; the defaults are the authors' code.</summary>
public sealed record KnowledgeDrivenEnsembleOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<KnowledgeDrivenEnsembleOptions> Options { get; } = new OptionSet<KnowledgeDrivenEnsembleOptions>(() => new())
        .Add("teach", o => o.Teach, (o, v) => o with { Teach = v }, StrategyRanges.Weight,
            "weight of learning from the ensemble; 0 leaves the term out")
        .Add("peer", o => o.Peer, (o, v) => o with { Peer = v }, StrategyRanges.Weight,
            "weight of learning from better peers; 0 leaves the term out")
        .Add("exam", o => o.Exam, (o, v) => o with { Exam = v }, Domain.Flag,
            "weights from the examination; false weighs all alike, 1/M and 1/(M−1)")
        .Add("detach_exam", o => o.DetachExam, (o, v) => o with { DetachExam = v }, Domain.Flag,
            "takes the examination's weights as constants");

    /// <summary>Weight of learning from the ensemble; 0 leaves the term out.</summary>
    public double Teach { get; init => field = Options.Checked("teach", value); } = 1;

    /// <summary>Weight of learning from peers; 0 leaves the term out.</summary>
    public double Peer { get; init => field = Options.Checked("peer", value); } = 1;

    /// <summary>Weights from the examination, or uniform ones, 1/M and 1/(M−1), when false.</summary>
    public bool Exam { get; init; } = true;

    /// <summary>Take the exam weights as constants, unlike the authors' code.</summary>
    public bool DetachExam { get; init; }
}

using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>Options of <see cref="KnowledgeDrivenEnsemble"/>; the defaults are the authors' code.</summary>
public sealed record KnowledgeDrivenEnsembleOptions
{
    /// <summary>Creates the options.</summary>
    /// <param name="teach">See <see cref="Teach"/>.</param>
    /// <param name="peer">See <see cref="Peer"/>.</param>
    /// <param name="exam">See <see cref="Exam"/>.</param>
    /// <param name="detachExam">See <see cref="DetachExam"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A weight is not within 0 to 1000.</exception>
    public KnowledgeDrivenEnsembleOptions(double teach = 1, double peer = 1, bool exam = true, bool detachExam = false)
    {
        StrategyRanges.CheckWeight(teach);
        StrategyRanges.CheckWeight(peer);
        Teach = teach;
        Peer = peer;
        Exam = exam;
        DetachExam = detachExam;
    }

    /// <summary>Key <c>teach</c>: weight of learning from the ensemble, 0 to 1000, default 1; 0 leaves the term out.</summary>
    public double Teach { get; }

    /// <summary>Key <c>peer</c>: weight of learning from peers, 0 to 1000, default 1; 0 leaves the term out.</summary>
    public double Peer { get; }

    /// <summary>Key <c>exam</c>: weights from the examination (default), or uniform ones, 1/M and 1/(M−1), when false.</summary>
    public bool Exam { get; }

    /// <summary>Key <c>detach_exam</c>: take the exam weights as constants. Default false, as in the authors' code.</summary>
    public bool DetachExam { get; }

    /// <summary>Reads the options; keys that are absent take their defaults.</summary>
    /// <exception cref="ConsortException">A value is out of range.</exception>
    public static KnowledgeDrivenEnsembleOptions From(OptionMap map) => new(
        map.Number("teach", 1, 0, StrategyRanges.MaxWeight),
        map.Number("peer", 1, 0, StrategyRanges.MaxWeight),
        map.Flag("exam", true),
        map.Flag("detach_exam", false));
}

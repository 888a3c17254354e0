namespace Consort.Studies.Distilling;

/// <summary>What a student's weights start from.</summary>
public enum StudentStart
{
    /// <summary>Weights drawn anew.</summary>
    Fresh,

    /// <summary>The teacher's embedding tables, all else drawn anew.</summary>
    Table,

    /// <summary>The single model among the teacher's that is best on validation rows and of the student's kind.</summary>
    Member,
}
